-- One row per availability scope and piece of evidence, with what the agreement's policies make of it:
-- excluded (excused maintenance, or attributed to a party the agreement leaves out), unexcused (other maintenance),
-- outage, partial, degraded, or unmeasured. inherited_excluded is excused maintenance of a service it depends on, which
-- excuses only what nothing else has taken down.
with scopes as (
    select
        scope_number,
        service_id,
        view_of_service,
        excluded_parties,
        has_maintenance_terms
    from {{ ref('int_availability_scopes') }}
),

evidence as (
    select * from {{ ref('int_outage_evidence') }}
),

inherited as (
    select * from {{ ref('int_inherited_conditions') }}
),

verdicts as (
    select * from {{ ref('int_maintenance_verdicts') }}
),

own as (
    select
        scopes.scope_number,
        evidence.from_at,
        evidence.to_at,
        case
            when evidence.kind = 'maintenance' then 'excluded'
            when
                evidence.kind <> 'unmeasured'
                and scopes.excluded_parties like '%,' || evidence.attributed_to || ',%'
                then 'excluded'
            else evidence.kind
        end as lane,
        evidence.is_open
    from scopes
    inner join evidence on scopes.service_id = evidence.service_id
    where evidence.kind <> 'maintenance' or not scopes.has_maintenance_terms
),

chain as (
    select
        scopes.scope_number,
        inherited.from_at,
        inherited.to_at,
        case
            when inherited.kind = 'maintenance' then 'inherited_excluded'
            when scopes.excluded_parties like '%,' || inherited.attributed_to || ',%' then 'inherited_excluded'
            else inherited.kind
        end as lane,
        inherited.is_open
    from scopes
    inner join inherited on scopes.service_id = inherited.service_id
    where
        scopes.view_of_service = 'chain'
        and (inherited.kind <> 'maintenance' or not scopes.has_maintenance_terms)
),

judged as (
    select
        scope_number,
        from_at,
        to_at,
        case
            when not is_excused then 'unexcused'
            when is_inherited then 'inherited_excluded'
            else 'excluded'
        end as lane,
        to_at = {{ as_of() }} as is_open
    from verdicts
),

final as (
    select * from own
    union all
    select * from chain
    union all
    select * from judged
)

select * from final

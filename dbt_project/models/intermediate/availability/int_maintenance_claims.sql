-- One row per availability scope whose agreement has terms for maintenance, and piece of maintenance: announced as the
-- agreement demands or not, the service's own or that of a service it depends on. The hours in which maintenance may
-- lie are rows, too (claim `window`). When several parallel services are maintained at once, nobody announced that.
with scopes as (
    select * from {{ ref('int_availability_scopes') }} where has_maintenance_terms
),

spans as (
    select scope_number, min(from_at) as from_at, max(to_at) as to_at
    from {{ ref('int_availability_spans') }}
    group by scope_number
),

maintenance as (
    select * from {{ ref('int_outage_evidence') }} where kind = 'maintenance'
),

windows as (
    select * from {{ ref('stg_agreements__maintenance_windows') }}
),

hours as (
    select calendar_id, piece_from, piece_to from {{ ref('stg_agreements__calendar_pieces') }} where is_open = 1
),

sets as (
    select * from {{ ref('stg_agreements__service_failure_sets') }}
),

claims as (
    select
        scopes.scope_number,
        false as is_inherited,
        maintenance.from_at,
        maintenance.to_at,
        maintenance.notice_seconds,
        scopes.maintenance_announced_seconds
    from scopes
    inner join maintenance on scopes.service_id = maintenance.service_id
    union all
    select
        scopes.scope_number,
        true as is_inherited,
        maintenance.from_at,
        maintenance.to_at,
        maintenance.notice_seconds,
        scopes.maintenance_announced_seconds
    from scopes
    inner join sets on scopes.service_id = sets.service_id and sets.member_count = 1
    inner join maintenance on sets.member_service_id = maintenance.service_id
    where scopes.view_of_service = 'chain'
    union all
    select
        scopes.scope_number,
        true as is_inherited,
        conditions.from_at,
        conditions.to_at,
        cast(null as bigint) as notice_seconds,
        scopes.maintenance_announced_seconds
    from scopes
    inner join sets on scopes.service_id = sets.service_id and sets.member_count > 1
    inner join {{ ref('int_inherited_conditions') }} as conditions
        on sets.service_id = conditions.service_id and sets.set_number = conditions.set_number
    where scopes.view_of_service = 'chain' and conditions.kind = 'maintenance'
),

final as (
    select
        scope_number,
        from_at,
        to_at,
        case when is_inherited then 'inherited_' else 'own_' end
        || case
            when maintenance_announced_seconds is null or notice_seconds >= maintenance_announced_seconds then 'announced'
            else 'unannounced'
        end as claim
    from claims
    union all
    select
        scopes.scope_number,
        hours.piece_from as from_at,
        hours.piece_to as to_at,
        'window' as claim
    from scopes
    inner join spans on scopes.scope_number = spans.scope_number
    inner join windows
        on
            scopes.agreement_id = windows.agreement_id
            and scopes.agreement_version = windows.agreement_version
    inner join hours on windows.calendar_id = hours.calendar_id
    where hours.piece_to > spans.from_at and hours.piece_from < spans.to_at
)

select * from final

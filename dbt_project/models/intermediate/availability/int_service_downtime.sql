-- One row per service and maximal stretch of one kind of reported or observed trouble, the worst kind winning where
-- several overlap (outage, partial, degraded, maintenance), so that no second counts twice. The one truth on downtime
-- before any agreement's policies. attributed_to: of those responsible for the winning kind, the one that excuses the
-- provider least.
with evidence as (
    select * from {{ ref('int_outage_evidence') }} where kind <> 'unmeasured'
),

lanes as (
    select
        service_id,
        from_at,
        to_at,
        kind || '_' || coalesce(attributed_to, 'unattributed') as lane
    from evidence
),

{% set kinds = ['outage', 'partial', 'degraded', 'maintenance'] %}
{% set parties = ['provider', 'unattributed', 'supplier', 'third_party', 'customer'] %}
{% set lane_names = [] %}
{% for kind in kinds %}
    {% for party in parties %}{% do lane_names.append(kind ~ '_' ~ party) %}{% endfor %}
{% endfor %}

swept as (
    {{ sweep('lanes', ['service_id'], lane_names) }}
),

classified as (
    select
        service_id,
        from_at,
        to_at,
        case
            {% for kind in kinds %}
                when {{ lane_counts(kind, parties) }} > 0 then '{{ kind }}'
            {% endfor %}
        end as kind,
        case
            {% for kind in kinds %}
                {% for party in parties %}
                    when {{ kind }}_{{ party }}_count > 0 then '{{ party }}'
                {% endfor %}
            {% endfor %}
        end as party
    from swept
    where to_at is not null
),

compared as (
    select
        *,
        case
            when
                from_at = lag(to_at) over service
                and kind = lag(kind) over service
                and party = lag(party) over service
                then 0
            else 1
        end as is_new
    from classified
    where kind is not null
    window service as (partition by service_id order by from_at)
),

islands as (
    select
        *,
        sum(is_new) over (partition by service_id order by from_at) as island_number
    from compared
),

merged as (
    select
        service_id,
        kind,
        nullif(party, 'unattributed') as attributed_to,
        min(from_at) as from_at,
        max(to_at) as to_at
    from islands
    group by service_id, island_number, kind, party
),

behind as (
    select
        merged.service_id,
        merged.from_at,
        evidence.source,
        evidence.is_open and evidence.to_at = merged.to_at as is_open
    from merged
    inner join evidence
        on
            merged.service_id = evidence.service_id
            and merged.kind = evidence.kind
            and merged.from_at < evidence.to_at
            and merged.to_at > evidence.from_at
),

contributions as (
    select
        service_id,
        from_at,
        max(case when is_open then 1 else 0 end) = 1 as is_open,
        min(source) as first_source,
        max(source) as last_source
    from behind
    group by service_id, from_at
),

-- Most stretches have one source; only the others need a list.
listed as (
    select
        behind.service_id,
        behind.from_at,
        string_agg(distinct behind.source, ', ' order by behind.source) as sources
    from behind
    inner join contributions on behind.service_id = contributions.service_id and behind.from_at = contributions.from_at
    where contributions.first_source <> contributions.last_source
    group by behind.service_id, behind.from_at
),

final as (
    select
        merged.service_id,
        merged.kind,
        merged.attributed_to,
        merged.from_at,
        merged.to_at,
        coalesce(contributions.is_open and merged.to_at = {{ as_of() }}, false) as is_open,
        coalesce(listed.sources, contributions.first_source) as sources
    from merged
    left join contributions
        on merged.service_id = contributions.service_id and merged.from_at = contributions.from_at
    left join listed on merged.service_id = listed.service_id and merged.from_at = listed.from_at
)

select * from final

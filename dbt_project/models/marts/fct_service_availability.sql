-- Grain: availability target x service x local day of the agreement's zone, within validity and up to as_of. Every
-- column is additive: months, quarters and contract periods are sums. The first columns are the view of the service
-- that the agreement judges; own_ and chain_ report both, without and with what the service inherits.
{% set own = ['excluded_seconds', 'unmeasured_seconds', 'downtime_seconds', 'weighted_downtime_seconds'] %}
{% set counted = own + ['failure_count', 'failure_downtime_seconds', 'maintenance_downtime_seconds'] %}
{% set viewed = [] %}
{% for view, columns in [('counted', counted), ('own', own), ('chain', own)] %}
    {% for column in columns %}{% do viewed.append((view, column)) %}{% endfor %}
{% endfor %}

with scopes as (
    select * from {{ ref('int_availability_scopes') }} where metric = 'availability'
),

days as (
    select * from {{ ref('int_availability_days') }}
),

sums as (
    select * from {{ ref('int_availability_day_sums') }}
),

numbered as (
    select
        agreement_id,
        agreement_version,
        target_id,
        {{ target_key() }} as target_key,
        service_id,
        excluded_time,
        unmeasured,
        max(case when is_counted then scope_number end) as counted_number,
        max(case when view_of_service = 'own' then scope_number end) as own_number,
        coalesce(
            max(case when view_of_service = 'chain' then scope_number end),
            max(case when view_of_service = 'own' then scope_number end)
        ) as chain_number
    from scopes
    group by agreement_id, agreement_version, target_id, service_id, excluded_time, unmeasured
),

-- The views of a day beside each other, on the few days on which there is anything to see.
viewed as (
    select
        {% for view, column in viewed %}
            cast(sum(case when sums.scope_number = numbered.{{ view }}_number then sums.{{ column }} else 0 end) as bigint)
                as {{ view }}_{{ column }},
        {% endfor %}
        numbered.counted_number,
        sums.date
    from numbered
    inner join scopes
        on
            numbered.agreement_id = scopes.agreement_id
            and numbered.agreement_version = scopes.agreement_version
            and numbered.target_id = scopes.target_id
            and numbered.service_id = scopes.service_id
    inner join sums on scopes.scope_number = sums.scope_number
    group by numbered.counted_number, sums.date
),

final as (
    select
        numbered.agreement_id,
        numbered.agreement_version,
        numbered.target_id,
        numbered.target_key,
        numbered.service_id,
        days.date,
        days.period_start,
        days.agreed_seconds,
        {% for column in counted %}
            coalesce(viewed.counted_{{ column }}, 0) as {{ column }},
        {% endfor %}
        coalesce(viewed.own_downtime_seconds, 0) as own_downtime_seconds,
        {{ counted_seconds('days', 'viewed', 'numbered', 'own_') }} as own_counted_seconds,
        {{ up_seconds('days', 'viewed', 'numbered', 'own_') }} as own_up_seconds,
        coalesce(viewed.chain_downtime_seconds, 0) as chain_downtime_seconds,
        {{ counted_seconds('days', 'viewed', 'numbered', 'chain_') }} as chain_counted_seconds,
        {{ up_seconds('days', 'viewed', 'numbered', 'chain_') }} as chain_up_seconds
    from numbered
    inner join days on numbered.counted_number = days.scope_number
    left join viewed on numbered.counted_number = viewed.counted_number and days.date = viewed.date
)

select * from final

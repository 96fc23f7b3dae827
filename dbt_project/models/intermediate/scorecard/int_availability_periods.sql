-- One row per availability target, service and period that any agreed day lies in: sums of the daily facts, failures,
-- and the agreed time of the whole period, which is known before the period is over.
{% set summed = [
    'agreed_seconds', 'excluded_seconds', 'unmeasured_seconds', 'downtime_seconds', 'weighted_downtime_seconds',
    'failure_count', 'failure_downtime_seconds', 'maintenance_downtime_seconds', 'own_downtime_seconds',
    'own_counted_seconds', 'own_up_seconds', 'chain_downtime_seconds', 'chain_counted_seconds', 'chain_up_seconds'
] %}

with days as (
    select * from {{ ref('fct_service_availability') }}
),

scopes as (
    select * from {{ ref('int_availability_scopes') }} where metric = 'availability' and is_counted
),

spans as (
    select * from {{ ref('int_availability_spans') }}
),

periods as (
    select * from {{ ref('stg_agreements__reporting_periods') }}
),

quantiles as (
    select * from {{ ref('int_availability_failure_quantiles') }}
),

summed as (
    select
        {% for column in summed %}
            cast(sum({{ column }}) as bigint) as {{ column }},
        {% endfor %}
        agreement_id,
        agreement_version,
        target_id,
        service_id,
        period_start
    from days
    group by agreement_id, agreement_version, target_id, service_id, period_start
),

scoped as (
    select
        summed.*,
        scopes.scope_number,
        scopes.calendar_id,
        scopes.target_ppm,
        scopes.user_count,
        scopes.excluded_time,
        scopes.unmeasured,
        periods.start_epoch,
        periods.end_epoch
    from summed
    inner join scopes
        on
            summed.agreement_id = scopes.agreement_id
            and summed.agreement_version = scopes.agreement_version
            and summed.target_id = scopes.target_id
            and summed.service_id = scopes.service_id
    inner join periods
        on
            summed.agreement_id = periods.agreement_id
            and summed.agreement_version = periods.agreement_version
            and summed.period_start = periods.period_start
),

whole as (
    select
        scoped.scope_number,
        scoped.period_start,
        scoped.calendar_id,
        greatest(scoped.start_epoch, spans.from_at) as from_at,
        least(scoped.end_epoch, coalesce(spans.agreed_to_at, scoped.end_epoch)) as to_at
    from scoped
    inner join spans
        on
            scoped.scope_number = spans.scope_number
            and spans.from_at < scoped.end_epoch
            and coalesce(spans.agreed_to_at, scoped.end_epoch) > scoped.start_epoch
),

agreed as (
    select
        whole.scope_number,
        whole.period_start,
        cast(
            sum({{ reading('to_piece', 'whole.to_at') }} - {{ reading('from_piece', 'whole.from_at') }}) as bigint
        ) as whole_agreed_seconds
    from whole
    {{ join_piece('from_piece', 'whole.calendar_id', 'whole.from_at') }}
    {{ join_piece('to_piece', 'whole.calendar_id', 'whole.to_at') }}
    group by whole.scope_number, whole.period_start
),

final as (
    select
        scoped.agreement_id,
        scoped.agreement_version,
        scoped.target_id,
        scoped.service_id,
        scoped.period_start,
        scoped.user_count,
        scoped.target_ppm,
        scoped.agreed_seconds,
        scoped.excluded_seconds,
        scoped.unmeasured_seconds,
        scoped.downtime_seconds,
        scoped.weighted_downtime_seconds,
        scoped.failure_count,
        scoped.failure_downtime_seconds,
        scoped.maintenance_downtime_seconds,
        scoped.own_downtime_seconds,
        scoped.own_counted_seconds,
        scoped.own_up_seconds,
        scoped.chain_downtime_seconds,
        scoped.chain_counted_seconds,
        scoped.chain_up_seconds,
        quantiles.longest_outage_seconds,
        coalesce(quantiles.has_open_failure, false) as has_open_failure,
        coalesce(quantiles.interval_count, 0) as interval_count,
        quantiles.downtime_seconds_p50 as mtrs_p50_seconds,
        quantiles.downtime_seconds_p90 as mtrs_p90_seconds,
        quantiles.uptime_before_seconds_p50 as mtbf_p50_seconds,
        quantiles.uptime_before_seconds_p90 as mtbf_p90_seconds,
        quantiles.since_previous_seconds_p50 as mtbsi_p50_seconds,
        quantiles.since_previous_seconds_p90 as mtbsi_p90_seconds,
        {{ up_seconds('scoped', 'scoped', 'scoped') }} as numerator,
        {{ counted_seconds('scoped', 'scoped', 'scoped') }} as denominator,
        -- All time that could count, measured or not: what the bounds are taken of.
        scoped.agreed_seconds
        - case when scoped.excluded_time = 'remove_from_denominator' then scoped.excluded_seconds else 0 end
            as countable_seconds,
        cast(
            {{ floor_div(
                "(agreed.whole_agreed_seconds"
                ~ " - case when scoped.excluded_time = 'remove_from_denominator' then scoped.excluded_seconds else 0 end)"
                ~ ' * (1000000 - scoped.target_ppm)', 1000000
            ) }} as bigint
        ) as error_budget_seconds
    from scoped
    inner join agreed on scoped.scope_number = agreed.scope_number and scoped.period_start = agreed.period_start
    left join quantiles
        on scoped.scope_number = quantiles.scope_number and scoped.period_start = quantiles.period_start
)

select * from final

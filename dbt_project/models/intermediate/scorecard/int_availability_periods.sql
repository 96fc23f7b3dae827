-- One row per availability target, service and period that any agreed day lies in: sums of the daily facts, failures,
-- and the agreed time of the whole period, which is known before the period is over.
with days as (
    select * from {{ ref('fct_service_availability') }}
),

scopes as (
    select * from {{ ref('int_availability_scopes') }}
),

periods as (
    select * from {{ ref('stg_agreements__reporting_periods') }}
),

failures as (
    select * from {{ ref('int_availability_failures') }}
),

summed as (
    select
        agreement_id,
        agreement_version,
        target_id,
        service_id,
        period_start,
        cast(sum(agreed_seconds) as bigint) as agreed_seconds,
        cast(sum(excluded_seconds) as bigint) as excluded_seconds,
        cast(sum(unmeasured_seconds) as bigint) as unmeasured_seconds,
        cast(sum(downtime_seconds) as bigint) as downtime_seconds,
        cast(sum(weighted_downtime_seconds) as bigint) as weighted_downtime_seconds,
        cast(sum(failure_count) as bigint) as failure_count,
        cast(sum(failure_downtime_seconds) as bigint) as failure_downtime_seconds
    from days
    group by agreement_id, agreement_version, target_id, service_id, period_start
),

scoped as (
    select
        summed.*,
        scopes.scope_number,
        scopes.calendar_id,
        scopes.target_ppm,
        scopes.excluded_time,
        scopes.unmeasured,
        periods.start_epoch,
        periods.end_epoch,
        greatest(periods.start_epoch, scopes.valid_from_at) as whole_from_at,
        least(periods.end_epoch, coalesce(scopes.agreed_to_at, periods.end_epoch)) as whole_to_at
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

longest as (
    select
        scoped.scope_number,
        scoped.period_start,
        max(failures.downtime_seconds) as longest_outage_seconds
    from scoped
    inner join days
        on
            scoped.agreement_id = days.agreement_id
            and scoped.agreement_version = days.agreement_version
            and scoped.target_id = days.target_id
            and scoped.service_id = days.service_id
            and scoped.period_start = days.period_start
            and days.failure_count > 0
    inner join failures
        on scoped.scope_number = failures.scope_number and days.date = failures.date
    group by scoped.scope_number, scoped.period_start
),

counted as (
    select
        scoped.*,
        longest.longest_outage_seconds,
        {{ reading('to_piece', 'scoped.whole_to_at') }} - {{ reading('from_piece', 'scoped.whole_from_at') }}
            as whole_agreed_seconds,
        scoped.agreed_seconds
        - case when scoped.excluded_time = 'remove_from_denominator' then scoped.excluded_seconds else 0 end
        - case when scoped.unmeasured = 'remove_from_denominator' then scoped.unmeasured_seconds else 0 end
            as denominator
    from scoped
    left join longest
        on scoped.scope_number = longest.scope_number and scoped.period_start = longest.period_start
    {{ join_piece('from_piece', 'scoped.calendar_id', 'scoped.whole_from_at') }}
    {{ join_piece('to_piece', 'scoped.calendar_id', 'scoped.whole_to_at') }}
),

budgeted as (
    select
        *,
        denominator
        - weighted_downtime_seconds
        - case when unmeasured = 'counts_as_down' then unmeasured_seconds else 0 end as numerator,
        cast(
            {{ floor_div(
                "(whole_agreed_seconds - case when excluded_time = 'remove_from_denominator' then excluded_seconds else 0 end)"
                ~ ' * (1000000 - target_ppm)', 1000000
            ) }} as bigint
        ) as error_budget_seconds
    from counted
),

final as (
    select
        agreement_id,
        agreement_version,
        target_id,
        service_id,
        period_start,
        agreed_seconds,
        excluded_seconds,
        unmeasured_seconds,
        downtime_seconds,
        weighted_downtime_seconds,
        failure_count,
        failure_downtime_seconds,
        longest_outage_seconds,
        numerator,
        denominator,
        -- All time that could count, measured or not: what the bounds are taken of.
        agreed_seconds - case when excluded_time = 'remove_from_denominator' then excluded_seconds else 0 end
            as countable_seconds,
        error_budget_seconds
    from budgeted
)

select * from final

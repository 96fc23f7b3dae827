-- One row per verdict of a clock target in the period that runs at as_of: what is counted so far, how many are expected
-- to come, how many of those must be met, and the prior. service_id is null where the verdict spans the agreement.
with clocks as (
    select * from {{ ref('int_ticket_targets') }} where rule_set = 'agreed'
),

targets as (
    select
        clocks.agreement_id,
        clocks.agreement_version,
        clocks.target_id,
        clocks.target_ppm,
        targets.per
    from clocks
    inner join {{ ref('stg_agreements__targets') }} as targets
        on
            clocks.agreement_id = targets.agreement_id
            and clocks.agreement_version = targets.agreement_version
            and clocks.target_id = targets.target_id
),

running as (
    select *
    from {{ ref('stg_agreements__reporting_periods') }}
    where is_published and start_epoch <= {{ as_of() }} and end_epoch > {{ as_of() }}
),

arrivals as (
    select * from {{ ref('int_forecast_arrivals') }}
),

counts as (
    select * from {{ ref('int_scorecard_counts') }}
),

-- Both sides at the grain of the verdict, before they meet.
counted as (
    select
        counts.agreement_id,
        counts.agreement_version,
        counts.target_id,
        case when targets.per = 'service' then counts.service_id end as service_id,
        counts.period_start,
        targets.target_ppm,
        sum(counts.numerator) as numerator,
        sum(counts.denominator) as denominator
    from counts
    inner join targets
        on
            counts.agreement_id = targets.agreement_id
            and counts.agreement_version = targets.agreement_version
            and counts.target_id = targets.target_id
    inner join running
        on
            counts.agreement_id = running.agreement_id
            and counts.agreement_version = running.agreement_version
            and counts.period_start = running.period_start
    group by
        counts.agreement_id,
        counts.agreement_version,
        counts.target_id,
        case when targets.per = 'service' then counts.service_id end,
        counts.period_start,
        targets.target_ppm
),

coming as (
    select
        arrivals.agreement_id,
        arrivals.agreement_version,
        arrivals.target_id,
        case when targets.per = 'service' then arrivals.service_id end as service_id,
        sum(arrivals.open_due_count) as open_due_count,
        sum(arrivals.history_count) as history_count,
        sum(arrivals.prior_met_count) as prior_met_count,
        sum(arrivals.prior_count) as prior_count,
        max(arrivals.history_period_count) as history_period_count
    from arrivals
    inner join targets
        on
            arrivals.agreement_id = targets.agreement_id
            and arrivals.agreement_version = targets.agreement_version
            and arrivals.target_id = targets.target_id
    group by
        arrivals.agreement_id,
        arrivals.agreement_version,
        arrivals.target_id,
        case when targets.per = 'service' then arrivals.service_id end
),

joined as (
    select
        counted.agreement_id,
        counted.agreement_version,
        counted.target_id,
        counted.service_id,
        counted.period_start,
        counted.target_ppm,
        cast(counted.numerator as bigint) as numerator,
        cast(counted.denominator as bigint) as denominator,
        cast(coalesce(coming.open_due_count, 0) as bigint) as open_due_count,
        cast(coalesce(coming.history_count, 0) as bigint) as history_count,
        cast(coalesce(coming.history_period_count, 0) as bigint) as history_period_count,
        cast(coalesce(coming.prior_met_count, 0) as bigint) as prior_met_count,
        cast(coalesce(coming.prior_count, 0) as bigint) as prior_count
    from counted
    left join coming
        on
            counted.agreement_id = coming.agreement_id
            and counted.agreement_version = coming.agreement_version
            and counted.target_id = coming.target_id
            and coalesce(counted.service_id, '') = coalesce(coming.service_id, '')
),

-- The mean of the history, rounded half up.
expected as (
    select
        *,
        open_due_count
        + case
            when history_period_count > 0
                then {{ floor_div('2 * history_count + history_period_count', '2 * history_period_count') }}
            else 0
        end as expected_count
    from joined
),

final as (
    select
        row_number() over (
            order by agreement_id, agreement_version, target_id, service_id, period_start
        ) as figure_number,
        *,
        -- The least number of met ones that reaches the target, less those met so far.
        greatest(
            {{ floor_div('target_ppm * (denominator + expected_count) + 999999', 1000000) }} - numerator, 0
        ) as required_count
    from expected
)

select * from final

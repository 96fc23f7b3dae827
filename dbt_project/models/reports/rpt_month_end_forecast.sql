-- Grain: clock target x period that runs at as_of; per service where the verdict is the service's own (else service_id is
-- null). How the period is likely to end, and how many breaches it can bear.
with figures as (
    select * from {{ ref('int_forecast_figures') }}
),

probabilities as (
    select * from {{ ref('int_forecast_probabilities') }}
),

budgets as (
    select
        *,
        denominator - numerator as breach_count,
        {{ floor_div('denominator * (1000000 - target_ppm)', 1000000) }} as budget_count,
        {{ floor_div('(denominator + expected_count) * (1000000 - target_ppm)', 1000000) }} as forecast_budget_count
    from figures
),

final as (
    select
        budgets.agreement_id,
        budgets.agreement_version,
        agreements.agreement_type,
        agreements.consumer_id as customer_id,
        budgets.service_id,
        budgets.target_id,
        {{ target_key('budgets') }} as target_key,
        targets.metric,
        periods.period_type,
        budgets.period_start,
        budgets.period_start as date,
        periods.period_end,
        budgets.numerator,
        budgets.denominator,
        cast(targets.target_ppm as double) / 1000000 as target_ratio,
        budgets.open_due_count,
        budgets.history_count,
        budgets.history_period_count,
        budgets.expected_count,
        budgets.required_count,
        budgets.prior_met_count,
        budgets.prior_count,
        case when probabilities.figure_number is not null then {{ prior_weight() }} end as prior_weight,
        probabilities.meet_probability,
        budgets.breach_count,
        budgets.budget_count,
        budgets.budget_count - budgets.breach_count as budget_left_count,
        budgets.forecast_budget_count,
        budgets.forecast_budget_count - budgets.breach_count as forecast_budget_left_count,
        probabilities.figure_number is not null and budgets.forecast_budget_count = budgets.breach_count
            as is_next_breach_failing
    from budgets
    left join probabilities on budgets.figure_number = probabilities.figure_number
    inner join {{ ref('stg_agreements__agreements') }} as agreements
        on
            budgets.agreement_id = agreements.agreement_id
            and budgets.agreement_version = agreements.agreement_version
    inner join {{ ref('stg_agreements__targets') }} as targets
        on
            budgets.agreement_id = targets.agreement_id
            and budgets.agreement_version = targets.agreement_version
            and budgets.target_id = targets.target_id
    inner join {{ ref('stg_agreements__reporting_periods') }} as periods
        on
            budgets.agreement_id = periods.agreement_id
            and budgets.agreement_version = periods.agreement_version
            and budgets.period_start = periods.period_start
)

select * from final

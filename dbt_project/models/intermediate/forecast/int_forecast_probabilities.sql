-- One row per figure of int_forecast_figures with anything counted or to come: the probability that it reaches its
-- target. The number met of those to come has a beta-binomial distribution: Beta(a, b) with a = met, b = breached, of
-- this period so far and of the last three at the weight of the prior. Each outcome's weight follows from the one before
-- it, w(j+1) / w(j) = (m - j) (a + j) / ((j + 1) (b + m - j - 1)); divided by their sum they are the probabilities.
with figures as (
    select * from {{ ref('int_forecast_figures') }} where denominator + expected_count > 0
),

-- A history without a breach is no certainty: at least half an event on either side.
parameters as (
    select
        figure_number,
        expected_count,
        required_count,
        greatest(numerator + {{ prior_weight() }} * prior_met_count, 0.5e0) as a,
        greatest(denominator - numerator + {{ prior_weight() }} * (prior_count - prior_met_count), 0.5e0) as b
    from figures
),

outcomes as (
    select
        *,
        {{ integers_between('0', 'expected_count') }} as met_count
    from parameters
),

steps as (
    select
        *,
        case
            when met_count = 0 then 0e0
            else
                ln(cast(expected_count - met_count + 1 as double))
                + ln(a + met_count - 1)
                - ln(cast(met_count as double))
                - ln(b + expected_count - met_count)
        end as log_step
    from outcomes
),

summed as (
    select
        figure_number,
        required_count,
        met_count,
        sum(log_step) over (
            partition by figure_number order by met_count rows between unbounded preceding and current row
        ) as log_weight
    from steps
),

scaled as (
    select
        figure_number,
        required_count,
        met_count,
        exp(log_weight - max(log_weight) over (partition by figure_number)) as weight
    from summed
),

-- Decimals are summed exactly, in whatever order: the same input gives the same bytes.
exact as (
    select
        figure_number,
        sum(cast(weight as decimal(38, 18))) as all_weight,
        sum(case when met_count >= required_count then cast(weight as decimal(38, 18)) else 0 end) as meeting_weight
    from scaled
    group by figure_number
),

final as (
    select
        figure_number,
        round(cast(meeting_weight as double) / cast(all_weight as double), 6) as meet_probability
    from exact
)

select * from final

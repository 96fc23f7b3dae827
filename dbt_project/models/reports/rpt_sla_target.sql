-- Grain: target x period, over all services of the agreement: both integers are summed, then divided once. The verdict
-- of a target whose objective is per agreement.
with counts as (
    select
        agreement_id,
        agreement_version,
        target_id,
        period_start,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
        sum(excluded_count) as excluded_count,
        sum(numerator_without_exclusions) as numerator_without_exclusions,
        sum(denominator_without_exclusions) as denominator_without_exclusions,
        sum(open_within_target_count) as open_within_target_count,
        sum(open_paused_count) as open_paused_count,
        sum(open_breached_count) as open_breached_count,
        sum(error_budget_seconds) as error_budget_seconds
    from {{ ref('int_scorecard_counts') }}
    group by agreement_id, agreement_version, target_id, period_start
),

final as (
    {{ scorecard('counts', with_service=false) }}
)

select * from final

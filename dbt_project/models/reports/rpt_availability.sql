-- Grain: availability target x service x period with agreed days. Means are null without failures, never zero; so are
-- percentiles, those between failures also without a failure that has a predecessor. own_ and chain_ report both views
-- of the service, without and with what it inherits from services it depends on.
with scorecard as (
    select * from {{ ref('rpt_sla_scorecard') }} where metric = 'availability'
),

periods as (
    select * from {{ ref('int_availability_periods') }}
),

final as (
    select
        scorecard.agreement_id,
        scorecard.agreement_version,
        scorecard.agreement_type,
        scorecard.customer_id,
        scorecard.service_id,
        scorecard.target_id,
        {{ target_key('scorecard') }} as target_key,
        scorecard.metric,
        scorecard.period_type,
        scorecard.period_start,
        scorecard.period_start as date,
        scorecard.period_end,
        scorecard.period_status,
        scorecard.numerator,
        scorecard.denominator,
        scorecard.target_ratio,
        scorecard.status,
        scorecard.is_at_risk,
        scorecard.attainment_ratio as availability_ratio,
        {{ ratio(
            'periods.countable_seconds - periods.unmeasured_seconds - periods.weighted_downtime_seconds',
            'periods.countable_seconds'
        ) }} as availability_low_ratio,
        {{ ratio('periods.countable_seconds - periods.weighted_downtime_seconds', 'periods.countable_seconds') }}
            as availability_high_ratio,
        periods.agreed_seconds,
        periods.excluded_seconds,
        periods.unmeasured_seconds,
        periods.downtime_seconds,
        periods.weighted_downtime_seconds,
        periods.failure_count,
        cast(round(cast(periods.failure_downtime_seconds as double) / nullif(periods.failure_count, 0)) as bigint)
            as mtrs_seconds,
        cast(
            round(
                cast(
                    periods.agreed_seconds - periods.excluded_seconds - periods.unmeasured_seconds
                    - periods.downtime_seconds as double
                ) / nullif(periods.failure_count, 0)
            ) as bigint
        ) as mtbf_seconds,
        cast(
            round(
                cast(
                    periods.agreed_seconds - periods.excluded_seconds - periods.unmeasured_seconds
                    - periods.downtime_seconds + periods.failure_downtime_seconds as double
                ) / nullif(periods.failure_count, 0)
            ) as bigint
        ) as mtbsi_seconds,
        periods.longest_outage_seconds,
        periods.error_budget_seconds,
        {{ ratio('(periods.denominator - periods.numerator)', 'periods.error_budget_seconds') }} as error_budget_used_ratio,
        {{ burn_rate('periods.numerator', 'periods.denominator', 'periods.target_ppm') }} as error_budget_burn_rate,
        periods.has_open_failure or scorecard.period_status = 'running' as is_provisional,
        periods.maintenance_downtime_seconds,
        periods.mtrs_p50_seconds,
        periods.mtrs_p90_seconds,
        periods.interval_count,
        periods.mtbf_p50_seconds,
        periods.mtbf_p90_seconds,
        periods.mtbsi_p50_seconds,
        periods.mtbsi_p90_seconds,
        periods.own_downtime_seconds,
        periods.own_up_seconds,
        periods.own_counted_seconds,
        {{ ratio('periods.own_up_seconds', 'periods.own_counted_seconds') }} as own_availability_ratio,
        periods.chain_downtime_seconds,
        periods.chain_up_seconds,
        periods.chain_counted_seconds,
        {{ ratio('periods.chain_up_seconds', 'periods.chain_counted_seconds') }} as chain_availability_ratio,
        periods.user_count,
        (periods.denominator - periods.numerator) * periods.user_count as lost_user_seconds
    from scorecard
    inner join periods
        on
            scorecard.agreement_id = periods.agreement_id
            and scorecard.agreement_version = periods.agreement_version
            and scorecard.target_id = periods.target_id
            and scorecard.service_id = periods.service_id
            and scorecard.period_start = periods.period_start
)

select * from final

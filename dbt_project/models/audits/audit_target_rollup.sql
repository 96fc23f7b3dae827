-- One row per target and period: the integers of rpt_sla_target beside the sums of rpt_sla_scorecard. Survey targets
-- also count answers about no service in particular, so there the sum of services may be less. A view: it reads the
-- tables as they are at the audit.
with targets as (
    select * from {{ ref('rpt_sla_target') }}
),

services as (
    select
        agreement_id,
        agreement_version,
        target_id,
        period_start,
        cast(sum(numerator) as bigint) as numerator,
        cast(sum(denominator) as bigint) as denominator
    from {{ ref('rpt_sla_scorecard') }}
    group by agreement_id, agreement_version, target_id, period_start
),

final as (
    select
        targets.agreement_id,
        targets.target_id,
        targets.period_start,
        targets.metric,
        targets.numerator as published_numerator,
        coalesce(services.numerator, 0) as summed_numerator,
        targets.denominator as published_denominator,
        coalesce(services.denominator, 0) as summed_denominator
    from targets
    left join services
        on
            targets.agreement_id = services.agreement_id
            and targets.agreement_version = services.agreement_version
            and targets.target_id = services.target_id
            and targets.period_start = services.period_start
    where
        targets.metric in ('time_to_first_response', 'time_to_resolve', 'time_to_close', 'availability')
)

select * from final

-- One row per ticket target, service and published period: what the scorecard says and what the facts say when they
-- are counted anew, by another path than the scorecard's own. A view: it reads the tables as they are at the audit.
with scorecard as (
    select *
    from {{ ref('rpt_sla_scorecard') }}
    where metric in {{ ticket_clocks() }}
),

instances as (
    select
        agreement_id,
        agreement_version,
        target_id,
        service_id,
        period_start,
        sum(case when on_clock_seconds <= threshold_seconds then 1 else 0 end) as numerator,
        count(*) as denominator
    from {{ ref('fct_ticket_sla') }}
    where state in ('met', 'breached') and period_start is not null
    group by agreement_id, agreement_version, target_id, service_id, period_start
),

published as (
    select distinct agreement_id, agreement_version, period_start
    from {{ ref('stg_agreements__reporting_periods') }}
    where is_published
),

expected as (
    select instances.*
    from instances
    inner join published
        on
            instances.agreement_id = published.agreement_id
            and instances.agreement_version = published.agreement_version
            and instances.period_start = published.period_start
),

final as (
    select
        coalesce(scorecard.agreement_id, expected.agreement_id) as agreement_id,
        coalesce(scorecard.target_id, expected.target_id) as target_id,
        coalesce(scorecard.service_id, expected.service_id) as service_id,
        coalesce(scorecard.period_start, expected.period_start) as period_start,
        coalesce(scorecard.numerator, -1) as published_numerator,
        cast(case when scorecard.agreement_id is null then expected.numerator else coalesce(expected.numerator, 0) end as bigint)
            as recounted_numerator,
        coalesce(scorecard.denominator, -1) as published_denominator,
        coalesce(expected.denominator, 0) as recounted_denominator
    from scorecard
    full outer join expected
        on
            scorecard.agreement_id = expected.agreement_id
            and scorecard.agreement_version = expected.agreement_version
            and scorecard.target_id = expected.target_id
            and scorecard.service_id = expected.service_id
            and scorecard.period_start = expected.period_start
)

select * from final

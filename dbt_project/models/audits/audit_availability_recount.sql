-- One row per availability target, service and period in rpt_availability: its seconds beside the sums of the daily
-- facts. A view: it reads the tables as they are at the audit.
with published as (
    select * from {{ ref('rpt_availability') }}
),

days as (
    select
        agreement_id,
        agreement_version,
        target_id,
        service_id,
        period_start,
        cast(sum(agreed_seconds) as bigint) as agreed_seconds,
        cast(sum(weighted_downtime_seconds) as bigint) as weighted_downtime_seconds,
        cast(sum(failure_count) as bigint) as failure_count
    from {{ ref('fct_service_availability') }}
    group by agreement_id, agreement_version, target_id, service_id, period_start
),

final as (
    select
        published.agreement_id,
        published.target_id,
        published.service_id,
        published.period_start,
        published.agreed_seconds as published_agreed_seconds,
        coalesce(days.agreed_seconds, -1) as recounted_agreed_seconds,
        published.weighted_downtime_seconds as published_downtime_seconds,
        coalesce(days.weighted_downtime_seconds, -1) as recounted_downtime_seconds,
        published.failure_count as published_failure_count,
        coalesce(days.failure_count, -1) as recounted_failure_count
    from published
    left join days
        on
            published.agreement_id = days.agreement_id
            and published.agreement_version = days.agreement_version
            and published.target_id = days.target_id
            and published.service_id = days.service_id
            and published.period_start = days.period_start
)

select * from final

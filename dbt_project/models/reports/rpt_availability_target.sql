-- Grain: availability target x period, over all its services: seconds are summed, then divided once, never the mean of
-- percentages. Weighted by users only where the agreement says how many use each of the services; else null.
with services as (
    select * from {{ ref('rpt_availability') }}
),

summed as (
    select
        agreement_id,
        agreement_version,
        agreement_type,
        customer_id,
        target_id,
        period_type,
        period_start,
        period_end,
        period_status,
        target_ratio,
        count(*) as service_count,
        cast(sum(numerator) as bigint) as up_seconds,
        cast(sum(denominator) as bigint) as counted_seconds,
        cast(sum(failure_count) as bigint) as failure_count,
        case when count(user_count) = count(*) then cast(sum(user_count) as bigint) end as user_count,
        cast(sum(numerator * user_count) as bigint) as up_user_seconds,
        cast(sum(denominator * user_count) as bigint) as counted_user_seconds,
        cast(sum(lost_user_seconds) as bigint) as lost_user_seconds
    from services
    group by
        agreement_id,
        agreement_version,
        agreement_type,
        customer_id,
        target_id,
        period_type,
        period_start,
        period_end,
        period_status,
        target_ratio
),

final as (
    select
        agreement_id,
        agreement_version,
        agreement_type,
        customer_id,
        target_id,
        {{ target_key() }} as target_key,
        period_type,
        period_start,
        period_start as date,
        period_end,
        period_status,
        target_ratio,
        service_count,
        up_seconds,
        counted_seconds,
        {{ ratio('up_seconds', 'counted_seconds') }} as availability_ratio,
        failure_count,
        user_count,
        case when user_count is not null then up_user_seconds end as up_user_seconds,
        case when user_count is not null then counted_user_seconds end as counted_user_seconds,
        case when user_count is not null then {{ ratio('up_user_seconds', 'counted_user_seconds') }} end
            as user_weighted_availability_ratio,
        case when user_count is not null then lost_user_seconds end as lost_user_seconds
    from summed
)

select * from final

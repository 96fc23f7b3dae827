-- Grain: service x maximal stretch of one kind of trouble; overlapping reports and checks are merged, the worst kind
-- winning. ended_at is null while it lasts at as_of; wall_seconds then counts to as_of.
with downtime as (
    select * from {{ ref('int_service_downtime') }}
),

final as (
    select
        service_id,
        {{ utc_timestamp('from_at') }} as started_at,
        case when not is_open then {{ utc_timestamp('to_at') }} end as ended_at,
        kind,
        attributed_to,
        to_at - from_at as wall_seconds,
        is_open,
        sources
    from downtime
)

select * from final

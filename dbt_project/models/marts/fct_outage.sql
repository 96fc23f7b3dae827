-- Grain: service x maximal stretch of one kind of trouble; overlapping reports and checks are merged, the worst kind
-- winning. ended_at is null while it lasts at as_of; wall_seconds then counts to as_of.
with downtime as (
    select * from {{ ref('int_service_downtime') }}
),

final as (
    select
        {{ outage_key('downtime.service_id', 'downtime.from_at') }} as outage_key,
        downtime.service_id,
        {{ utc_timestamp('downtime.from_at') }} as started_at,
        days.date,
        case when not downtime.is_open then {{ utc_timestamp('downtime.to_at') }} end as ended_at,
        downtime.kind,
        downtime.attributed_to,
        downtime.to_at - downtime.from_at as wall_seconds,
        downtime.is_open,
        downtime.sources
    from downtime
    {{ join_project_day('downtime.from_at') }}
)

select * from final

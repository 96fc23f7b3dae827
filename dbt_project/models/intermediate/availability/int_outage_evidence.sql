-- One row per service and stretch of time for which one piece of evidence says something other than "up": a reported
-- outage or maintenance, a monitor's state between two checks, or a monitor's silence (kind `unmeasured`). A check's
-- state holds until the next check, at most max_gap_seconds. notice_seconds: how long before its begin maintenance was
-- announced; null = not at all.
with outages as (
    select * from {{ ref('stg_feeds__outages') }} where started_epoch <= {{ as_of() }}
),

held as (
    select * from {{ ref('int_check_states') }}
),

reported as (
    select
        service_id,
        started_epoch as from_at,
        least(coalesce(ended_epoch, {{ as_of() }}), {{ as_of() }}) as to_at,
        kind,
        attributed_to,
        coalesce(ended_epoch > {{ as_of() }}, true) as is_open,
        started_epoch - announced_epoch as notice_seconds,
        source
    from outages
),

monitored as (
    select
        service_id,
        from_at,
        holds_until_at as to_at,
        kind,
        cast(null as varchar) as attributed_to,
        is_last and holds_until_at = next_at and kind <> 'unmeasured' as is_open,
        cast(null as bigint) as notice_seconds,
        source
    from held
    where kind <> 'up' and holds_until_at > from_at
),

silent as (
    select
        service_id,
        holds_until_at as from_at,
        next_at as to_at,
        'unmeasured' as kind,
        cast(null as varchar) as attributed_to,
        false as is_open,
        cast(null as bigint) as notice_seconds,
        source
    from held
    where next_at > holds_until_at
),

horizon as (
    select min(day_from) as starts_at from {{ ref('stg_agreements__local_days') }}
),

-- Before its first check a monitor knows nothing.
unknown_before as (
    select
        held.service_id,
        min(horizon.starts_at) as from_at,
        min(held.from_at) as to_at,
        'unmeasured' as kind,
        cast(null as varchar) as attributed_to,
        false as is_open,
        cast(null as bigint) as notice_seconds,
        held.source
    from held
    cross join horizon
    group by held.source, held.service_id
    having min(held.from_at) > min(horizon.starts_at)
),

final as (
    select * from reported
    union all
    select * from monitored
    union all
    select * from silent
    union all
    select * from unknown_before
)

select * from final

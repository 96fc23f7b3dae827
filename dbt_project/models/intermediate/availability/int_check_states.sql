-- One row per check up to as_of: the state it found (kind: up, outage, degraded, maintenance, or unmeasured where the
-- monitor did not know), and for how long that holds: until the monitor's next check, at most max_gap_seconds. A view:
-- of millions of checks few say anything else than "up", and a table of them all would cost more than it saves.
{{ config(materialized='view') }}

with checks as (
    select * from {{ ref('stg_feeds__uptime_checks') }} where checked_epoch <= {{ as_of() }}
),

followed as (
    select
        source,
        service_id,
        case status when 'down' then 'outage' when 'unknown' then 'unmeasured' else status end as kind,
        max_gap_seconds,
        checked_epoch as from_at,
        lead(checked_epoch) over (partition by source, service_id order by checked_epoch) as next_at,
        raw_feed,
        load_id,
        file,
        line
    from checks
),

final as (
    select
        source,
        service_id,
        kind,
        from_at,
        coalesce(next_at, {{ as_of() }}) as next_at,
        least(coalesce(next_at, {{ as_of() }}), from_at + max_gap_seconds) as holds_until_at,
        next_at is null as is_last,
        raw_feed,
        load_id,
        file,
        line
    from followed
)

select * from final

-- One row per instance with the length of its clock. An instance of several laps shows the longest (of equal ones the
-- first); it is breached with the first lap that was too long, and due when the last one is. due_reading: what the calendar
-- shows when the threshold would be used up if the clock ran on from its end; null for one that has reached it, and for one
-- that stands in a pause.
{{ config(materialized='view') }}

with targets as (
    select target_number, metric, calendar_number, threshold_seconds from {{ ref('int_ticket_targets') }}
),

laps as (
    select
        clocks.*,
        targets.calendar_number,
        targets.threshold_seconds,
        {{ due_reading('clocks', 'targets') }} as due_reading
    from {{ ref('int_sla_clocks') }} as clocks
    inner join targets on clocks.target_number = targets.target_number
    where targets.metric = 'max_update_gap'
),

ranked as (
    select
        *,
        row_number() over (partition by instance_number order by on_clock_seconds desc, started_at asc) as length_rank,
        row_number() over (partition by instance_number order by started_at desc) as lap_from_last,
        row_number() over (
            partition by instance_number
            order by case when on_clock_seconds > threshold_seconds then 0 else 1 end, started_at
        ) as breach_rank
    from laps
),

lapped as (
    select
        instance_number,
        max(case when length_rank = 1 then clock_number end) as clock_number,
        max(case when breach_rank = 1 and on_clock_seconds > threshold_seconds then clock_number end)
            as breaching_clock_number,
        max(case when lap_from_last = 1 then clock_number end) as last_clock_number,
        min(started_at) as started_at,
        max(ended_at) as ended_at,
        max(case when lap_from_last = 1 then due_reading end) as due_reading,
        max(case when lap_from_last = 1 and is_paused then 1 else 0 end) = 1 as is_paused
    from ranked
    group by instance_number
),

final as (
    select
        clocks.instance_number,
        clocks.clock_number,
        clocks.clock_number as due_clock_number,
        targets.calendar_number,
        {{ due_reading('clocks', 'targets') }} as due_reading,
        clocks.ticket_number,
        clocks.target_number,
        clocks.profile_number,
        clocks.cycle_number,
        targets.threshold_seconds,
        clocks.started_at,
        clocks.ended_at,
        clocks.stopped_at,
        clocks.on_clock_seconds,
        clocks.paused_seconds,
        clocks.excluded_seconds,
        clocks.is_superseded,
        clocks.is_cancelled,
        clocks.is_paused
    from {{ ref('int_sla_clocks') }} as clocks
    inner join targets on clocks.target_number = targets.target_number
    where targets.metric <> 'max_update_gap'
    union all
    select
        lapped.instance_number,
        lapped.clock_number,
        coalesce(lapped.breaching_clock_number, lapped.last_clock_number) as due_clock_number,
        laps.calendar_number,
        lapped.due_reading,
        laps.ticket_number,
        laps.target_number,
        laps.profile_number,
        laps.cycle_number,
        laps.threshold_seconds,
        lapped.started_at,
        lapped.ended_at,
        laps.stopped_at,
        laps.on_clock_seconds,
        laps.paused_seconds,
        laps.excluded_seconds,
        laps.is_superseded,
        laps.is_cancelled,
        lapped.is_paused
    from lapped
    inner join laps on lapped.clock_number = laps.clock_number
)

select * from final

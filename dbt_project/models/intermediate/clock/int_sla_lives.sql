-- One row per clock and the stretch it lives: [started_at, ended_at), ended_at as_of while it has not stopped. An instance
-- is one clock, but for max_update_gap: there each gap between two replies is a clock of its own (a lap), and the longest
-- of them is what the instance shows.
{{ config(materialized='view') }}

with openings as (
    select * from {{ ref('int_sla_openings') }}
),

targets as (
    select * from {{ ref('int_ticket_targets') }}
),

laps as (
    select * from {{ ref('int_sla_laps') }}
),

final as (
    select
        openings.instance_number as clock_number,
        openings.instance_number,
        openings.ticket_number,
        openings.target_number,
        openings.profile_number,
        openings.cycle_number,
        targets.metric,
        targets.calendar_number,
        targets.threshold_seconds,
        openings.started_at,
        coalesce(openings.stopped_at, {{ as_of() }}) as ended_at,
        openings.stopped_at,
        openings.is_stopped_by_void,
        openings.superseded_at
    from openings
    inner join targets on openings.target_number = targets.target_number
    where targets.metric <> 'max_update_gap'
    union all
    select
        laps.clock_number,
        openings.instance_number,
        openings.ticket_number,
        openings.target_number,
        openings.profile_number,
        openings.cycle_number,
        targets.metric,
        targets.calendar_number,
        targets.threshold_seconds,
        laps.started_at,
        laps.ended_at,
        openings.stopped_at,
        openings.is_stopped_by_void,
        openings.superseded_at
    from laps
    inner join openings on laps.instance_number = openings.instance_number
    inner join targets on openings.target_number = targets.target_number
)

select * from final

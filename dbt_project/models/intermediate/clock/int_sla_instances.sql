-- One row per instance with the length of its clock. An instance is superseded only if it was unbreached when the next
-- one took over; a breached one keeps running to its own stop.
with openings as (
    select * from {{ ref('int_sla_openings') }}
),

targets as (
    select * from {{ ref('int_ticket_targets') }}
),

sums as (
    select * from {{ ref('int_sla_sums') }}
),

joined as (
    select
        openings.instance_number,
        openings.ticket_number,
        openings.target_number,
        openings.cycle_number,
        openings.customer_id,
        openings.service_id,
        openings.priority,
        openings.started_at,
        openings.stopped_at,
        openings.is_stopped_by_void,
        openings.superseded_at,
        targets.calendar_id,
        targets.threshold_seconds,
        coalesce(sums.run_seconds, 0) as run_seconds,
        coalesce(sums.pause_seconds, 0) as pause_seconds,
        coalesce(sums.excluded_seconds, 0) as excluded_seconds,
        coalesce(sums.run_seconds_before, 0) as run_seconds_before,
        coalesce(sums.pause_seconds_before, 0) as pause_seconds_before,
        coalesce(sums.excluded_seconds_before, 0) as excluded_seconds_before,
        coalesce(sums.is_paused, false) as is_paused,
        openings.superseded_at is not null
        and openings.superseded_at < coalesce(openings.stopped_at, {{ as_of() }} + 1)
        and coalesce(sums.run_seconds_before, 0) <= targets.threshold_seconds as is_superseded
    from openings
    inner join targets on openings.target_number = targets.target_number
    left join sums on openings.instance_number = sums.instance_number
),

final as (
    select
        instance_number,
        ticket_number,
        target_number,
        cycle_number,
        customer_id,
        service_id,
        priority,
        started_at,
        case when is_superseded then superseded_at else stopped_at end as stopped_at,
        coalesce(case when is_superseded then superseded_at else stopped_at end, {{ as_of() }}) as ended_at,
        calendar_id,
        threshold_seconds,
        case when is_superseded then run_seconds_before else run_seconds end as on_clock_seconds,
        case when is_superseded then pause_seconds_before else pause_seconds end as paused_seconds,
        case when is_superseded then excluded_seconds_before else excluded_seconds end as excluded_seconds,
        is_superseded,
        is_stopped_by_void and not is_superseded as is_cancelled,
        is_paused and not is_superseded as is_paused
    from joined
)

select * from final

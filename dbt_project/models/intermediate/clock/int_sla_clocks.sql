-- One row per clock with its length. Phase 1 of the clock: two readings of its calendar less the open seconds in which it
-- stood still; sums, no order. A clock is superseded only if the instance it belongs to was unbreached when the next one
-- took over; a breached one runs on to its own stop. Laps that would begin after that are none.
with lives as (
    select * from {{ ref('int_sla_lives') }}
),

standing as (
    select
        clock_number,
        cast(sum(reading_to - reading_from) as bigint) as off_seconds,
        cast(sum(case when state = 'pause' then reading_to - reading_from else 0 end) as bigint) as pause_seconds,
        cast(sum(case when state = 'excluded' then reading_to - reading_from else 0 end) as bigint) as excluded_seconds,
        cast(
            sum(case when is_after_supersession then 0 else reading_to - reading_from end) as bigint
        ) as off_seconds_before,
        cast(
            sum(case when state = 'pause' and not is_after_supersession then reading_to - reading_from else 0 end) as bigint
        ) as pause_seconds_before,
        cast(
            sum(case when state = 'excluded' and not is_after_supersession then reading_to - reading_from else 0 end) as bigint
        ) as excluded_seconds_before,
        max(case when state = 'pause' and to_at = {{ as_of() }} then 1 else 0 end) = 1 as is_paused
    from {{ ref('int_sla_off_clock') }}
    group by clock_number
),

-- A clock with a later instance is read a third time: when that one could take over.
read as (
    select
        lives.clock_number,
        lives.instance_number,
        lives.ticket_number,
        lives.target_number,
        lives.profile_number,
        lives.cycle_number,
        lives.metric,
        lives.calendar_number,
        lives.threshold_seconds,
        lives.started_at,
        lives.ended_at,
        lives.stopped_at,
        lives.is_stopped_by_void,
        lives.superseded_at,
        {{ reading('start_piece', 'lives.started_at') }} as reading_from,
        {{ reading('end_piece', 'lives.ended_at') }} as reading_to,
        {{ reading('superseded_piece', 'lives.superseded_at') }} as reading_superseded,
        coalesce(standing.off_seconds, 0) as off_seconds,
        coalesce(standing.pause_seconds, 0) as pause_seconds,
        coalesce(standing.excluded_seconds, 0) as excluded_seconds,
        coalesce(standing.off_seconds_before, 0) as off_seconds_before,
        coalesce(standing.pause_seconds_before, 0) as pause_seconds_before,
        coalesce(standing.excluded_seconds_before, 0) as excluded_seconds_before,
        coalesce(standing.is_paused, false) as is_paused
    from lives
    left join standing on lives.clock_number = standing.clock_number
    {{ join_piece('start_piece', 'lives.calendar_number', 'lives.started_at', key='calendar_number') }}
    {{ join_piece('end_piece', 'lives.calendar_number', 'lives.ended_at', key='calendar_number') }}
    {{ join_piece('superseded_piece', 'lives.calendar_number', 'lives.superseded_at', key='calendar_number') }}
),

measured as (
    select
        *,
        reading_to - reading_from - off_seconds as run_seconds,
        case
            when superseded_at <= started_at then 0
            when superseded_at <= ended_at then reading_superseded - reading_from - off_seconds_before
            else reading_to - reading_from - off_seconds
        end as run_seconds_before
    from read
),

-- Only instances of several laps need to be looked at as a whole.
breached_laps as (
    select distinct instance_number
    from measured
    where metric = 'max_update_gap' and superseded_at is not null and run_seconds_before > threshold_seconds
),

judged as (
    select
        measured.*,
        coalesce(
            measured.superseded_at is not null
            and measured.run_seconds_before <= measured.threshold_seconds
            and breached_laps.instance_number is null,
            false
        ) as is_superseded
    from measured
    left join breached_laps on measured.instance_number = breached_laps.instance_number
),

final as (
    select
        clock_number,
        instance_number,
        ticket_number,
        target_number,
        profile_number,
        cycle_number,
        started_at,
        case when is_superseded then least(superseded_at, ended_at) else ended_at end as ended_at,
        case when is_superseded then superseded_at else stopped_at end as stopped_at,
        reading_from,
        case when is_superseded and superseded_at <= ended_at then reading_superseded else reading_to end as reading_to,
        case when is_superseded then run_seconds_before else run_seconds end as on_clock_seconds,
        case when is_superseded then pause_seconds_before else pause_seconds end as paused_seconds,
        case when is_superseded then excluded_seconds_before else excluded_seconds end as excluded_seconds,
        is_superseded,
        is_stopped_by_void and not is_superseded as is_cancelled,
        is_paused and not is_superseded as is_paused
    from judged
    where not (is_superseded and superseded_at <= started_at)
)

select * from final

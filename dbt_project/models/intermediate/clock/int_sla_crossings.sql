-- One row per clock that has reached its threshold: the instant at which it was used up (due_at), and the latest instant
-- at which it showed exactly the threshold while open (breached_at; null if it never went on). Phase 2 of the clock: what
-- it did in order is needed only here.
with clocks as (
    select clocks.*, targets.calendar_number, targets.threshold_seconds
    from {{ ref('int_sla_clocks') }} as clocks
    inner join {{ ref('int_ticket_targets') }} as targets
        on clocks.target_number = targets.target_number and clocks.on_clock_seconds >= targets.threshold_seconds
),

standing as (
    select
        off_clock.clock_number,
        off_clock.from_at,
        off_clock.reading_from,
        off_clock.reading_to
    from {{ ref('int_sla_off_clock') }} as off_clock
    inner join clocks on off_clock.clock_number = clocks.clock_number and clocks.ended_at > off_clock.from_at
),

last_standing as (
    select clock_number, max(reading_to) as reading_to
    from standing
    group by clock_number
),

-- A clock runs from where it last stood still, or from its start, to where it stands still next, or to its end.
runs as (
    select
        standing.clock_number,
        clocks.calendar_number,
        clocks.threshold_seconds,
        standing.from_at as to_at,
        coalesce(
            lag(standing.reading_to) over (partition by standing.clock_number order by standing.from_at),
            clocks.reading_from
        ) as reading_from,
        standing.reading_from as reading_to
    from standing
    inner join clocks on standing.clock_number = clocks.clock_number
    union all
    select
        clocks.clock_number,
        clocks.calendar_number,
        clocks.threshold_seconds,
        clocks.ended_at as to_at,
        coalesce(last_standing.reading_to, clocks.reading_from) as reading_from,
        clocks.reading_to
    from clocks
    left join last_standing on clocks.clock_number = last_standing.clock_number
),

running as (
    select
        *,
        reading_to - reading_from as open_seconds,
        sum(reading_to - reading_from) over (
            partition by clock_number order by to_at
            rows between unbounded preceding and current row
        ) as seconds_after
    from runs
),

crossing as (
    select
        clock_number,
        calendar_number,
        max(
            case
                when seconds_after - open_seconds < threshold_seconds and seconds_after >= threshold_seconds
                    then reading_from + threshold_seconds - (seconds_after - open_seconds)
            end
        ) as due_reading,
        max(
            case
                when seconds_after - open_seconds <= threshold_seconds and seconds_after > threshold_seconds
                    then reading_from + threshold_seconds - (seconds_after - open_seconds)
            end
        ) as breach_reading
    from running
    group by clock_number, calendar_number
),

final as (
    select
        crossing.clock_number,
        cast({{ instant_of('due_piece', 'crossing.due_reading') }} as bigint) as due_at,
        cast({{ instant_of('breach_piece', 'crossing.breach_reading') }} as bigint) as breached_at
    from crossing
    {{ join_inverse('due_piece', 'crossing.calendar_number', 'crossing.due_reading', 'earliest') }}
    {{ join_inverse('breach_piece', 'crossing.calendar_number', 'crossing.breach_reading', 'latest') }}
)

select * from final

-- One row per instance whose clock has reached its threshold: the instant at which it was used up (due_at), and the
-- latest instant at which it showed exactly the threshold while open (breached_at; null if it never went on). Phase 2
-- of the clock: the running sum is needed only here.
with instances as (
    select * from {{ ref('int_sla_instances') }} where on_clock_seconds >= threshold_seconds
),

intervals as (
    select * from {{ ref('int_sla_clock_intervals') }} where state = 'run'
),

running as (
    select
        intervals.instance_number,
        instances.calendar_id,
        instances.threshold_seconds,
        intervals.reading_from,
        intervals.reading_to - intervals.reading_from as open_seconds,
        sum(intervals.reading_to - intervals.reading_from) over (
            partition by intervals.instance_number order by intervals.from_at
            rows between unbounded preceding and current row
        ) as seconds_after
    from intervals
    inner join instances on intervals.instance_number = instances.instance_number
),

crossing as (
    select
        instance_number,
        calendar_id,
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
    group by instance_number, calendar_id
),

final as (
    select
        crossing.instance_number,
        cast({{ instant_of('due_piece', 'crossing.due_reading') }} as bigint) as due_at,
        cast({{ instant_of('breach_piece', 'crossing.breach_reading') }} as bigint) as breached_at
    from crossing
    {{ join_inverse('due_piece', 'crossing.calendar_id', 'crossing.due_reading', 'earliest') }}
    {{ join_inverse('breach_piece', 'crossing.calendar_id', 'crossing.breach_reading', 'latest') }}
)

select * from final

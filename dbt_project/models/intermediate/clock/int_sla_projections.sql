-- One row per clock that has not reached its threshold and does not stand in a pause: the instant at which it would, if
-- it ran on from where it stopped or from as_of. No row where that lies beyond the calendar's horizon, five years after
-- as_of.
with clocks as (
    select
        clock_number,
        calendar_number,
        cast(reading_to + threshold_seconds - on_clock_seconds as bigint) as due_reading
    from {{ ref('int_sla_clocks') }}
    where on_clock_seconds < threshold_seconds and (not is_paused or stopped_at is not null)
),

final as (
    select
        clocks.clock_number,
        cast({{ instant_of('due_piece', 'clocks.due_reading') }} as bigint) as due_at
    from clocks
    {{ join_inverse('due_piece', 'clocks.calendar_number', 'clocks.due_reading', 'earliest') }}
    where due_piece.calendar_number is not null
)

select * from final

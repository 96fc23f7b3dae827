-- One row per instance whose clock has not reached its threshold and does not stand in a pause: the instant at which
-- it would, if it ran on from where it stopped or from as_of. No row where that lies beyond the calendar's horizon,
-- five years after as_of.
with instances as (
    select *
    from {{ ref('int_sla_instances') }}
    where on_clock_seconds < threshold_seconds and (not is_paused or stopped_at is not null)
),

anchored as (
    select
        instances.instance_number,
        instances.calendar_id,
        {{ reading('anchor_piece', 'instances.ended_at') }}
        + instances.threshold_seconds - instances.on_clock_seconds as due_reading
    from instances
    {{ join_piece('anchor_piece', 'instances.calendar_id', 'instances.ended_at') }}
),

final as (
    select
        anchored.instance_number,
        cast({{ instant_of('due_piece', 'anchored.due_reading') }} as bigint) as due_at
    from anchored
    {{ join_inverse('due_piece', 'anchored.calendar_id', 'anchored.due_reading', 'earliest') }}
    where due_piece.calendar_id is not null
)

select * from final

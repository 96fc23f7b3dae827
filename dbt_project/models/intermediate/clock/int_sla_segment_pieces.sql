-- One row per instance, stretch of its clock and piece of the calendar within it, cut at UTC midnight: the finest
-- grain of the evidence, before neighbours of one state are joined. Time in which the calendar is closed is
-- outside_hours, whatever the ticket was doing; a resolved gap stays whole. Open time in a lap that is not the instance's
-- longest is shorter_gap.
with instances as (
    select instance_number, clock_number from {{ ref('int_sla_instances') }}
),

stretches as (
    select * from {{ ref('int_sla_clock_stretches') }}
),

pieces as (
    select * from {{ ref('int_calendar_pieces') }}
),

lived as (
    select
        stretches.instance_number,
        stretches.calendar_number,
        stretches.from_at,
        stretches.to_at,
        case
            when stretches.clock_number <> instances.clock_number and stretches.state <> 'resolved_gap' then 'shorter_gap'
            else stretches.state
        end as state,
        stretches.opening_event_id,
        stretches.closing_event_id,
        {{ utc_day('stretches.from_at') }} as first_day,
        {{ utc_day('(stretches.to_at - 1)') }} as last_day
    from stretches
    inner join instances on stretches.instance_number = instances.instance_number
),

whole as (
    select
        instance_number,
        from_at as interval_from_at,
        from_at,
        to_at,
        state,
        opening_event_id,
        closing_event_id
    from lived
    where state = 'resolved_gap'
),

daily as (
    select
        instance_number,
        calendar_number,
        from_at,
        to_at,
        state,
        opening_event_id,
        closing_event_id,
        {{ integers_between('first_day', 'last_day') }} as utc_day
    from lived
    where state <> 'resolved_gap'
),

cut as (
    select
        daily.instance_number,
        daily.from_at as interval_from_at,
        greatest(daily.from_at, pieces.piece_from) as from_at,
        least(daily.to_at, pieces.piece_to) as to_at,
        case when pieces.is_open = 1 then daily.state else 'outside_hours' end as state,
        case when daily.from_at >= pieces.piece_from then daily.opening_event_id end as opening_event_id,
        case when daily.to_at <= pieces.piece_to then daily.closing_event_id end as closing_event_id
    from daily
    inner join pieces
        on
            daily.calendar_number = pieces.calendar_number
            and daily.utc_day = pieces.utc_day
            and daily.from_at < pieces.piece_to
            and daily.to_at > pieces.piece_from
),

final as (
    select * from whole
    union all
    select * from cut
)

select * from final

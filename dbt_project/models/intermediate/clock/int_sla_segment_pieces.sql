-- One row per instance, stretch of its clock and piece of the calendar within it, cut at UTC midnight: the finest
-- grain of the evidence, before neighbours of one state are joined. Time in which the calendar is closed is
-- outside_hours, whatever the ticket was doing; a resolved gap stays whole. What came after another instance took over
-- is left out.
with instances as (
    select instance_number, is_superseded from {{ ref('int_sla_instances') }}
),

intervals as (
    select * from {{ ref('int_sla_clock_intervals') }}
),

pieces as (
    select * from {{ ref('stg_agreements__calendar_pieces') }}
),

lived as (
    select
        intervals.*,
        {{ utc_day('intervals.from_at') }} as first_day,
        {{ utc_day('(intervals.to_at - 1)') }} as last_day
    from intervals
    inner join instances on intervals.instance_number = instances.instance_number
    where not (instances.is_superseded and intervals.is_after_supersession)
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
        calendar_id,
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
            daily.calendar_id = pieces.calendar_id
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

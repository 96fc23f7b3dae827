-- Grain: instance of a clock x stretch in one state. The segments of an instance tile [started_at, stopped_at or
-- as_of), and their on-clock seconds add up to the instance's. An instance that stopped as it started has none. An event is
-- null where none of the ticket's brought the edge about.
with pieces as (
    select * from {{ ref('int_sla_segment_pieces') }}
),

instances as (
    select instance_number, ticket_number, target_number, cycle_number from {{ ref('int_sla_openings') }}
),

targets as (
    select *, {{ target_key() }} as target_key from {{ ref('int_ticket_targets') }}
),

tickets as (
    select ticket_number, source, ticket_id, ticket_key from {{ ref('int_tickets') }}
),

-- Neighbours of one state are one segment, unless an event of the ticket lies between them.
compared as (
    select
        *,
        case
            when state = lag(state) over instance and interval_from_at = lag(interval_from_at) over instance then 0
            when
                state = lag(state) over instance
                and opening_event_id is null
                and lag(closing_event_id) over instance is null
                then 0
            else 1
        end as is_new
    from pieces
    window instance as (partition by instance_number order by from_at)
),

numbered as (
    select
        *,
        sum(is_new) over (partition by instance_number order by from_at) as segment_number
    from compared
),

segments as (
    select
        instance_number,
        segment_number,
        state,
        min(from_at) as from_at,
        max(to_at) as to_at,
        min(opening_event_id) as opening_event_id,
        max(closing_event_id) as closing_event_id
    from numbered
    group by instance_number, segment_number, state
),

final as (
    select
        tickets.ticket_key,
        tickets.source,
        tickets.ticket_id,
        targets.agreement_id,
        targets.agreement_version,
        targets.target_id,
        targets.target_key,
        targets.metric,
        instances.cycle_number,
        {{ utc_timestamp('segments.from_at') }} as segment_start_at,
        {{ utc_timestamp('segments.to_at') }} as segment_end_at,
        segments.state,
        case when segments.state = 'run' then segments.to_at - segments.from_at else 0 end as on_clock_seconds,
        segments.opening_event_id,
        segments.closing_event_id
    from segments
    inner join instances on segments.instance_number = instances.instance_number
    inner join targets on instances.target_number = targets.target_number
    inner join tickets on instances.ticket_number = tickets.ticket_number
)

select * from final

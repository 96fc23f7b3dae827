-- One row per event up to as_of of a ticket in int_tickets.
with events as (
    select * from {{ ref('stg_feeds__ticket_events') }}
),

ticket_sources as (
    select * from {{ ref('stg_control__ticket_sources') }}
),

tickets as (
    select ticket_number, source, ticket_id from {{ ref('int_tickets') }}
),

final as (
    select
        tickets.ticket_number,
        events.occurred_epoch as moment,
        events.event_id,
        events.event_type,
        events.value,
        events.actor_role,
        events.is_public,
        events.promised_for_epoch
    from events
    inner join ticket_sources on events.source = ticket_sources.source
    inner join tickets
        on ticket_sources.ticket_source = tickets.source and events.ticket_id = tickets.ticket_id
    where events.occurred_epoch <= {{ as_of() }}
)

select * from final

-- One row per event up to as_of of a ticket in int_tickets.
with events as (
    select * from {{ ref('stg_feeds__ticket_events') }}
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
    inner join tickets
        on events.source = tickets.source and events.ticket_id = tickets.ticket_id
    where events.occurred_epoch <= {{ as_of() }}
)

select * from final

-- One row per event that is no status: messages, and changes of a ticket's team, customer, service or priority. Read from
-- the feed in one go; int_ticket_message_events and int_ticket_changes show the two.
with events as (
    select * from {{ ref('int_ticket_events') }}
),

final as (
    select
        ticket_number,
        moment,
        event_number,
        event_text,
        event_code,
        value
    from events
    where event_type <> 'status' and event_code is not null
)

select * from final

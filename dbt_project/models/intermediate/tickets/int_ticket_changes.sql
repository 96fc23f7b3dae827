-- One row per change of a ticket's team, customer, service or priority, with the new value.
with events as (
    select * from {{ ref('int_ticket_events') }}
),

final as (
    select
        ticket_number,
        moment,
        event_number,
        event_text,
        event_type,
        value
    from events
    where event_type in ('team', 'customer', 'service', 'priority') and value is not null
)

select * from final

-- One row per ticket with messages: how many, and when a person of the provider first wrote to the customer. Automatic
-- acknowledgements (actor system) and internal notes are no response.
with events as (
    select ticket_number, moment, actor_role, is_public from {{ ref('int_ticket_events') }} where event_type = 'message'
),

final as (
    select
        ticket_number,
        count(*) as message_count,
        min(case when {{ is_reply() }} then moment end) as first_response_at
    from events
    group by ticket_number
)

select * from final

-- One row per ticket with messages: how many, and when a person of the provider first wrote to the customer.
with events as (
    select ticket_number, moment, kind from {{ ref('int_ticket_message_events') }}
),

final as (
    select
        ticket_number,
        count(*) as message_count,
        min(case when kind = 'reply' then moment end) as first_response_at
    from events
    group by ticket_number
)

select * from final

-- One row per message: who wrote it. kind: reply (a person of the provider to the customer), customer, or other (automatic
-- messages and internal notes).
with final as (
    select
        ticket_number,
        moment,
        event_number,
        event_text,
        case
            when actor_role = 'agent' and is_public then 'reply'
            when actor_role = 'customer' then 'customer'
            else 'other'
        end as kind
    from {{ ref('int_ticket_events') }}
    where event_type = 'message'
)

select * from final

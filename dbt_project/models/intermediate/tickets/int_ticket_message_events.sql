-- One row per message: who wrote it. kind: reply (a person of the provider to the customer), customer, or other (automatic
-- messages and internal notes).
{{ config(materialized='view') }}

with events as (
    select * from {{ ref('int_ticket_other_events') }}
),

final as (
    select
        ticket_number,
        moment,
        event_number,
        event_text,
        case event_code
            when {{ event_codes().index('reply') }} then 'reply'
            when {{ event_codes().index('customer_message') }} then 'customer'
            else 'other'
        end as kind
    from events
    where event_code < {{ event_codes().index('team') }}
)

select * from final

-- One row per change of a ticket's team, customer, service or priority, with the new value.
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
        {{ event_name('event_code') }} as event_type,
        value
    from events
    where event_code >= {{ event_codes().index('team') }} and value is not null
)

select * from final

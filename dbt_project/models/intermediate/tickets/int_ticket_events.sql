-- One row per event up to as_of of a ticket in int_tickets, of the kinds that its clocks and facts read. event_code: what
-- happened (macro event_codes). value: the new team, customer, service or priority. A view: each reader takes some kinds of
-- event from the feed, and a table of all of them would cost more than it saves.
{{ config(materialized='view') }}

with events as (
    select * from {{ ref('stg_feeds__ticket_events') }}
),

sources as (
    select ticket_sources.source, numbers.source_number as ticket_source_number
    from {{ ref('stg_control__ticket_sources') }} as ticket_sources
    inner join {{ ref('int_ticket_sources') }} as numbers on ticket_sources.ticket_source = numbers.source
),

tickets as (
    select ticket_number, source_number, ticket_id from {{ ref('int_tickets') }}
),

coded as (
    select
        tickets.ticket_number,
        events.occurred_epoch as moment,
        events.event_id,
        {{ event_number('events.event_id') }} as event_number,
        events.event_type,
        {{ event_code('events') }} as event_code,
        case when events.event_type not in ('status', 'message') then events.value end as value
    from events
    inner join sources on events.source = sources.source
    inner join tickets
        on sources.ticket_source_number = tickets.source_number and events.ticket_id = tickets.ticket_id
    where events.occurred_epoch <= {{ as_of() }}
),

final as (
    select
        ticket_number,
        moment,
        event_number,
        case when event_number is null then event_id end as event_text,
        event_type,
        event_code,
        value
    from coded
)

select * from final

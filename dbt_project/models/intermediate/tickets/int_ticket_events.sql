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
        source,
        ticket_id,
        occurred_epoch as moment,
        {{ event_number('event_id') }} as event_number,
        event_id,
        event_type,
        {{ event_code('events') }} as event_code,
        case when event_type not in ('status', 'message') then value end as value
    from events
    where occurred_epoch <= {{ as_of() }}
),

-- What an event means is worked out before it meets its ticket, so that the join carries few texts.
named as (
    select
        source,
        ticket_id,
        moment,
        event_number,
        case when event_number is null then event_id end as event_text,
        event_type,
        event_code,
        value
    from coded
),

final as (
    select
        tickets.ticket_number,
        named.moment,
        named.event_number,
        named.event_text,
        named.event_type,
        named.event_code,
        named.value
    from named
    inner join sources on named.source = sources.source
    inner join tickets
        on sources.ticket_source_number = tickets.source_number and named.ticket_id = tickets.ticket_id
)

select * from final

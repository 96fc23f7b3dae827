-- One row per event up to as_of of a ticket in int_tickets. A view: each reader takes one type of event from the feed,
-- and a table of all of them would cost more than it saves.
{{ config(materialized='view') }}

with events as (
    select * from {{ ref('stg_feeds__ticket_events') }}
),

ticket_sources as (
    select * from {{ ref('stg_control__ticket_sources') }}
),

tickets as (
    select ticket_number, source, ticket_id from {{ ref('int_tickets') }}
),

numbered as (
    select
        tickets.ticket_number,
        events.occurred_epoch as moment,
        events.event_id,
        {{ event_number('events.event_id') }} as event_number,
        events.event_type,
        events.value,
        events.actor_role,
        events.is_public,
        events.promised_for_epoch
    from events
    inner join ticket_sources on events.source = ticket_sources.source
    inner join tickets
        on ticket_sources.ticket_source = tickets.source and events.ticket_id = tickets.ticket_id
    where events.occurred_epoch <= {{ as_of() }}
),

final as (
    select *, case when event_number is null then event_id end as event_text
    from numbered
)

select * from final

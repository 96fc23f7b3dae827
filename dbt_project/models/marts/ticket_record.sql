-- Grain: landed record of a ticket, or of one of its events, that the facts of this build are made of. A raw log has one
-- record behind several rows, and so the same line.
with ticket_sources as (
    select * from {{ ref('stg_control__ticket_sources') }}
),

tickets as (
    select * from {{ ref('stg_feeds__tickets') }} where opened_epoch <= {{ as_of() }}
),

events as (
    select * from {{ ref('stg_feeds__ticket_events') }} where occurred_epoch <= {{ as_of() }}
),

final as (
    select
        {{ ticket_key('tickets') }} as ticket_key,
        'ticket' as record_kind,
        ticket_id as record_key,
        source,
        raw_feed as feed,
        load_id,
        file,
        line
    from tickets
    union all
    select
        ticket_sources.ticket_source || ':' || events.ticket_id as ticket_key,
        'event' as record_kind,
        events.event_id as record_key,
        events.source,
        events.raw_feed as feed,
        events.load_id,
        events.file,
        events.line
    from events
    inner join ticket_sources on events.source = ticket_sources.source
)

select * from final

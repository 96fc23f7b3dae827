-- Grain: ticket x stretch of trouble (a row of fct_outage that is no maintenance) that may bear on it, by the strongest
-- link there is: `explicit` (the outage's record names the ticket, or the ticket's parent), `same_service` (trouble of
-- the ticket's service while the ticket was open) or `temporal` (of a service that it depends on, meanwhile).
with tickets as (
    select
        ticket_key,
        source,
        ticket_id,
        parent_ticket_id,
        service_id,
        {{ epoch_seconds('opened_at') }} as from_at,
        coalesce({{ epoch_seconds('least(resolved_at, closed_at)') }}, {{ as_of() }}) as to_at
    from {{ ref('fct_ticket') }}
),

stretches as (
    select service_id, from_at, to_at from {{ ref('int_service_downtime') }} where kind <> 'maintenance'
),

named as (
    select
        ticket_sources.ticket_source as source,
        outages.linked_ticket_id as ticket_id,
        outages.service_id,
        outages.started_epoch as from_at,
        coalesce(outages.ended_epoch, {{ as_of() }}) as to_at
    from {{ ref('stg_feeds__outages') }} as outages
    inner join {{ ref('stg_control__ticket_sources') }} as ticket_sources on outages.source = ticket_sources.source
    where outages.linked_ticket_id is not null and outages.started_epoch <= {{ as_of() }}
),

dependencies as (
    select distinct service_id, member_service_id from {{ ref('stg_agreements__service_failure_sets') }}
),

named_tickets as (
    select tickets.ticket_key, named.service_id, named.from_at, named.to_at
    from tickets
    inner join named on tickets.source = named.source and tickets.ticket_id = named.ticket_id
    union all
    select tickets.ticket_key, named.service_id, named.from_at, named.to_at
    from tickets
    inner join named on tickets.source = named.source and tickets.parent_ticket_id = named.ticket_id
),

links as (
    select named_tickets.ticket_key, stretches.service_id, stretches.from_at, stretches.to_at, 1 as link_rank
    from named_tickets
    inner join stretches
        on
            named_tickets.service_id = stretches.service_id
            and stretches.from_at < named_tickets.to_at
            and stretches.to_at > named_tickets.from_at
    union all
    select tickets.ticket_key, stretches.service_id, stretches.from_at, stretches.to_at, 2 as link_rank
    from tickets
    inner join stretches
        on
            tickets.service_id = stretches.service_id
            and stretches.from_at < tickets.to_at
            and stretches.to_at > tickets.from_at
    union all
    select tickets.ticket_key, stretches.service_id, stretches.from_at, stretches.to_at, 3 as link_rank
    from tickets
    inner join dependencies on tickets.service_id = dependencies.service_id
    inner join stretches
        on
            dependencies.member_service_id = stretches.service_id
            and stretches.from_at < tickets.to_at
            and stretches.to_at > tickets.from_at
),

final as (
    select
        ticket_key,
        {{ outage_key('service_id', 'from_at') }} as outage_key,
        service_id as outage_service_id,
        {{ utc_timestamp('from_at') }} as outage_started_at,
        {{ utc_timestamp('to_at') }} as outage_ended_at,
        case min(link_rank) when 1 then 'explicit' when 2 then 'same_service' else 'temporal' end as link_kind
    from links
    group by ticket_key, service_id, from_at, to_at
)

select * from final

-- One row per ticket opened by as_of.
with tickets as (
    select * from {{ ref('stg_feeds__tickets') }}
),

sources as (
    select * from {{ ref('int_ticket_sources') }}
),

final as (
    select
        tickets.source,
        sources.source_number,
        tickets.ticket_id,
        tickets.customer_id,
        tickets.service_id,
        tickets.ticket_type,
        tickets.priority,
        tickets.opened_epoch,
        tickets.requester_id,
        tickets.team_id,
        tickets.channel,
        tickets.category,
        tickets.parent_ticket_id,
        tickets.source_made_sla,
        tickets.source_reopen_count,
        tickets.source_reassignment_count,
        tickets.source_resolved_epoch,
        tickets.source_closed_epoch
    from tickets
    inner join sources on tickets.source = sources.source
    where tickets.opened_epoch <= {{ as_of() }}
)

select * from final

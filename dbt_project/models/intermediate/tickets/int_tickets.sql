-- One row per ticket opened by as_of. ticket_number is a compact key for joins inside this build only: it is neither
-- stable between builds nor published.
with tickets as (
    select * from {{ ref('stg_feeds__tickets') }}
),

final as (
    select
        row_number() over () as ticket_number,
        source || ':' || ticket_id as ticket_key,
        source,
        ticket_id,
        customer_id,
        service_id,
        ticket_type,
        priority,
        opened_epoch,
        requester_id,
        team_id,
        channel,
        category,
        parent_ticket_id,
        source_made_sla,
        source_reopen_count,
        source_reassignment_count,
        source_resolved_epoch,
        source_closed_epoch
    from tickets
    where opened_epoch <= {{ as_of() }}
)

select * from final

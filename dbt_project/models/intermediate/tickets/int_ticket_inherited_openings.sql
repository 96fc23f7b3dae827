-- One row per ticket that stands for an older one: for each ticket of the same customer that was merged while it was open,
-- the ticket it names as its parent waits since that opening, and passes it on if it is merged in its turn. opened_epoch:
-- the earliest of those openings; unanswered_epoch: the earliest of a ticket that had no reply when it was merged. Null,
-- or no row at all, where the ticket's own opening is earlier.
with recursive tickets as (
    select ticket_number, source, ticket_id, customer_id, opened_epoch, parent_ticket_id from {{ ref('int_tickets') }}
),

merged as (
    select gaps.ticket_number, gaps.gap_from as merged_at
    from {{ ref('int_ticket_gaps') }} as gaps
    inner join {{ ref('int_ticket_status_intervals') }} as statuses
        on gaps.ticket_number = statuses.ticket_number and statuses.to_at is null and statuses.status = 'merged'
    where gaps.gap_to is null and gaps.is_void_from_start
),

handovers as (
    select
        tickets.ticket_number,
        tickets.opened_epoch,
        parents.ticket_number as parent_number,
        messages.first_response_at is null or messages.first_response_at > merged.merged_at as is_unanswered
    from merged
    inner join tickets on merged.ticket_number = tickets.ticket_number
    inner join tickets as parents
        on
            tickets.source = parents.source
            and tickets.parent_ticket_id = parents.ticket_id
            and tickets.customer_id = parents.customer_id
    left join {{ ref('int_ticket_messages') }} as messages on merged.ticket_number = messages.ticket_number
),

-- Tickets that were merged into one another in a circle pass on nothing new: equal rows are taken once.
inherited as (
    select parent_number as ticket_number, opened_epoch, is_unanswered
    from handovers
    union
    select
        handovers.parent_number as ticket_number,
        inherited.opened_epoch,
        inherited.is_unanswered and handovers.is_unanswered as is_unanswered
    from inherited
    inner join handovers on inherited.ticket_number = handovers.ticket_number
),

final as (
    select
        inherited.ticket_number,
        min(inherited.opened_epoch) as opened_epoch,
        min(case when inherited.is_unanswered then inherited.opened_epoch end) as unanswered_epoch
    from inherited
    inner join tickets on inherited.ticket_number = tickets.ticket_number
    where inherited.opened_epoch < tickets.opened_epoch
    group by inherited.ticket_number
)

select * from final

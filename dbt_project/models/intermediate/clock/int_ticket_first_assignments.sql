-- One row per ticket that a team ever held: when it first did. Empty unless some target's clock starts with the assignment:
-- only those clocks read it, and most desks have none. int_ticket_assignments tells the whole story, which needs an order.
with asking as (
    select distinct clock_start from {{ ref('int_ticket_targets') }} where clock_start = 'ticket.assigned'
),

holdings as (
    select ticket_number, moment from {{ ref('int_ticket_changes') }} where event_type = 'team'
    union all
    select ticket_number, opened_epoch as moment from {{ ref('int_tickets') }} where team_id is not null
),

final as (
    select holdings.ticket_number, min(holdings.moment) as first_assigned_at
    from holdings
    cross join asking
    group by holdings.ticket_number
)

select * from final

-- One row per ticket whose customer, service or priority was ever changed, and instant from which the three are what they
-- are: the opening, and every change. Of several changes at one instant the last holds.
with tickets as (
    select ticket_number, opened_epoch, customer_id, service_id, priority from {{ ref('int_tickets') }}
),

changes as (
    select ticket_number, moment, event_number, event_text, event_type, value
    from {{ ref('int_ticket_changes') }}
    where event_type <> 'team'
),

changed_tickets as (
    select distinct ticket_number from changes
),

entries as (
    select
        tickets.ticket_number,
        tickets.opened_epoch as moment,
        cast(-1 as bigint) as event_number,
        cast(null as varchar) as event_text,
        tickets.customer_id,
        tickets.service_id,
        tickets.priority
    from tickets
    inner join changed_tickets on tickets.ticket_number = changed_tickets.ticket_number
    union all
    select
        ticket_number,
        moment,
        event_number,
        event_text,
        case when event_type = 'customer' then value end as customer_id,
        case when event_type = 'service' then value end as service_id,
        case when event_type = 'priority' then value end as priority
    from changes
),

filled as (
    select
        ticket_number,
        moment,
        last_value(customer_id ignore nulls) over so_far as customer_id,
        last_value(service_id ignore nulls) over so_far as service_id,
        last_value(priority ignore nulls) over so_far as priority,
        lead(moment) over (partition by ticket_number order by {{ event_order() }}) as next_moment
    from entries
    window
        so_far as (
            partition by ticket_number
            order by {{ event_order() }}
            rows between unbounded preceding and current row
        )
),

final as (
    select
        ticket_number,
        row_number() over (partition by ticket_number order by moment) as epoch_number,
        moment,
        customer_id,
        service_id,
        priority
    from filled
    where next_moment is null or next_moment > moment
)

select * from final

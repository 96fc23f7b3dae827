-- One row per ticket and instant from which its customer, service and priority are what they are: the opening, and
-- every change of one of the three. Of several changes at one instant the last holds.
with tickets as (
    select ticket_number, opened_epoch, customer_id, service_id, priority from {{ ref('int_tickets') }}
),

changes as (
    select ticket_number, moment, event_id, event_type, value
    from {{ ref('int_ticket_events') }}
    where event_type in ('customer', 'service', 'priority') and value is not null
),

changed_tickets as (
    select distinct ticket_number from changes
),

entries as (
    select
        tickets.ticket_number,
        tickets.opened_epoch as moment,
        cast(null as varchar) as event_id,
        tickets.customer_id,
        tickets.service_id,
        tickets.priority
    from tickets
    inner join changed_tickets on tickets.ticket_number = changed_tickets.ticket_number
    union all
    select
        ticket_number,
        moment,
        event_id,
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
        row_number() over (partition by ticket_number, moment order by {{ event_order('event_id') }} desc nulls last) as from_last
    from entries
    window
        so_far as (
            partition by ticket_number
            order by moment, {{ event_order('event_id') }} nulls first
            rows between unbounded preceding and current row
        )
),

numbered as (
    select
        ticket_number,
        moment,
        customer_id,
        service_id,
        priority,
        row_number() over (partition by ticket_number order by moment) as epoch_number
    from filled
    where from_last = 1
),

final as (
    select ticket_number, epoch_number, moment, customer_id, service_id, priority
    from numbered
    union all
    select
        tickets.ticket_number,
        1 as epoch_number,
        tickets.opened_epoch as moment,
        tickets.customer_id,
        tickets.service_id,
        tickets.priority
    from tickets
    left join changed_tickets on tickets.ticket_number = changed_tickets.ticket_number
    where changed_tickets.ticket_number is null
)

select * from final

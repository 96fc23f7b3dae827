-- One row per ticket and instant from which its customer, service and priority are what they are. is_changed: the ticket had
-- a change of one of the three (int_ticket_changed_epochs); most have none, and are as they were opened. A view: most of it
-- are the tickets.
{{ config(materialized='view') }}

with tickets as (
    select ticket_number, opened_epoch, customer_id, service_id, priority from {{ ref('int_tickets') }}
),

changed as (
    select * from {{ ref('int_ticket_changed_epochs') }}
),

final as (
    select ticket_number, epoch_number, moment, customer_id, service_id, priority, true as is_changed
    from changed
    union all
    select
        tickets.ticket_number,
        1 as epoch_number,
        tickets.opened_epoch as moment,
        tickets.customer_id,
        tickets.service_id,
        tickets.priority,
        false as is_changed
    from tickets
    left join (select distinct ticket_number from changed) as changed_tickets
        on tickets.ticket_number = changed_tickets.ticket_number
    where changed_tickets.ticket_number is null
)

select * from final

-- One row per combination of the values on which agreements and targets are matched. There are few of them however
-- many tickets there are, so all matching of scopes is done here, once per combination.
with epochs as (
    select * from {{ ref('int_ticket_epochs') }}
),

tickets as (
    select ticket_number, ticket_type, category, channel from {{ ref('int_tickets') }}
),

customers as (
    select customer_id from {{ ref('stg_agreements__customers') }}
),

services as (
    select service_id from {{ ref('stg_agreements__services') }}
),

profiles as (
    select distinct
        epochs.customer_id,
        epochs.service_id,
        epochs.priority,
        tickets.ticket_type,
        tickets.category,
        tickets.channel
    from epochs
    inner join tickets on epochs.ticket_number = tickets.ticket_number
),

final as (
    select
        cast(row_number() over () as integer) as profile_number,
        profiles.customer_id,
        profiles.service_id,
        profiles.priority,
        profiles.ticket_type,
        profiles.category,
        profiles.channel,
        customers.customer_id is not null as is_known_customer,
        services.service_id is not null as is_known_service
    from profiles
    left join customers on profiles.customer_id = customers.customer_id
    left join services on profiles.service_id = services.service_id
)

select * from final

-- Grain: ticket that no target measures, with the reason.
with tickets as (
    select * from {{ ref('fct_ticket') }} where agreement_match <> 'matched'
),

final as (
    select
        ticket_key,
        source,
        ticket_id,
        customer_id,
        service_id,
        ticket_type,
        priority,
        opened_at,
        date,
        agreement_match,
        case agreement_match
            when 'unknown_customer' then 'No Customer document of this name: map it (customerMap) or define it.'
            when 'unknown_service' then 'No Service document of this name: map it (serviceMap) or define it.'
            when 'no_agreement' then 'No measured agreement of this customer covers the service on the day of opening.'
            when 'no_target' then 'The agreement has no target whose scope admits this ticket.'
        end as remedy
    from tickets
)

select * from final

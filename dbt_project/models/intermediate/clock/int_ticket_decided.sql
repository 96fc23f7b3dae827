-- One row per ticket that an accepted exclusion names.
with final as (
    select distinct tickets.ticket_number
    from {{ ref('int_tickets') }} as tickets
    inner join {{ ref('stg_agreements__decision_exclusions') }} as decisions
        on
            tickets.ticket_id = decisions.ticket_id
            and (decisions.source is null or tickets.source = decisions.source)
)

select * from final

-- One row per ticket target and status in which its clock stands still. A clock of time with a supplier runs in
-- waiting_supplier alone.
with targets as (
    select * from {{ ref('int_ticket_targets') }}
),

pauses as (
    select * from {{ ref('stg_agreements__target_pauses') }}
),

final as (
    select
        targets.target_number,
        pauses.status,
        pauses.requires_visible_request
    from pauses
    inner join targets
        on
            pauses.agreement_id = targets.agreement_id
            and pauses.agreement_version = targets.agreement_version
            and pauses.target_id = targets.target_id
    {% for status in canonical_statuses() if status not in ('waiting_supplier', 'resolved', 'closed', 'cancelled', 'merged') -%}
        union all
        select
            target_number,
            '{{ status }}' as status,
            false as requires_visible_request
        from targets
        where metric = 'time_with_supplier'
    {% endfor %}
)

select * from final

-- One row per instance and interval that an accepted Decision takes off its clock; overlapping decisions are merged.
-- Clocks that are read without exclusions have none.
with openings as (
    select * from {{ ref('int_sla_openings') }}
),

targets as (
    select * from {{ ref('int_ticket_targets') }} where rule_set <> 'without_exclusions'
),

tickets as (
    select ticket_number, source, ticket_id from {{ ref('int_tickets') }}
),

decisions as (
    select * from {{ ref('stg_agreements__decision_exclusions') }} where decision_kind = 'exclude_interval'
),

decided as (
    select
        openings.instance_number,
        decisions.from_epoch as from_at,
        decisions.to_epoch as to_at
    from decisions
    inner join tickets
        on
            decisions.ticket_id = tickets.ticket_id
            and (decisions.source is null or decisions.source = tickets.source)
    inner join openings on tickets.ticket_number = openings.ticket_number
    inner join targets
        on
            openings.target_number = targets.target_number
            and decisions.agreement_id = targets.agreement_id
            and (decisions.target_id is null or decisions.target_id = targets.target_id)
            and (decisions.cycle_number is null or decisions.cycle_number = openings.cycle_number)
),

reached as (
    select
        *,
        max(to_at) over (
            partition by instance_number order by from_at, to_at
            rows between unbounded preceding and 1 preceding
        ) as reached_at
    from decided
),

islands as (
    select
        instance_number,
        from_at,
        to_at,
        sum(case when reached_at >= from_at then 0 else 1 end) over (
            partition by instance_number order by from_at, to_at
        ) as island_number
    from reached
),

final as (
    select instance_number, min(from_at) as from_at, max(to_at) as to_at
    from islands
    group by instance_number, island_number
)

select * from final

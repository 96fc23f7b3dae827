-- One row per set of rules, ticket target, service and period whose figure another set of rules than the agreed one can
-- change: by how much. Only tickets that the rules concern have clocks under them; those clocks take the place of all that
-- the ticket has under the same agreement as agreed.
with outcomes as (
    select * from {{ ref('int_sla_outcomes') }} where period_start is not null and state in ('met', 'breached')
),

targets as (
    select * from {{ ref('int_ticket_targets') }}
),

profiles as (
    select profile_number, service_id from {{ ref('int_ticket_profiles') }}
),

-- Whatever became of the clocks: a ticket is concerned also if none of them is decided under the other rules.
concerned as (
    select distinct targets.rule_set, all_outcomes.ticket_number, targets.agreement_number
    from {{ ref('int_sla_outcomes') }} as all_outcomes
    inner join targets on all_outcomes.target_number = targets.target_number and targets.rule_set <> 'agreed'
),

counted as (
    select
        outcomes.ticket_number,
        targets.rule_set,
        targets.agreement_number,
        targets.agreement_id,
        targets.agreement_version,
        targets.target_id,
        profiles.service_id,
        outcomes.period_start,
        case when outcomes.state = 'met' then 1 else 0 end as met_count
    from outcomes
    inner join targets on outcomes.target_number = targets.target_number
    inner join profiles on outcomes.profile_number = profiles.profile_number
    inner join (select distinct ticket_number from concerned) as tickets on outcomes.ticket_number = tickets.ticket_number
),

changes as (
    select
        rule_set,
        agreement_id,
        agreement_version,
        target_id,
        service_id,
        period_start,
        met_count,
        1 as decided_count
    from counted
    where rule_set <> 'agreed'
    union all
    select
        concerned.rule_set,
        counted.agreement_id,
        counted.agreement_version,
        counted.target_id,
        counted.service_id,
        counted.period_start,
        -counted.met_count as met_count,
        -1 as decided_count
    from counted
    inner join concerned
        on
            counted.ticket_number = concerned.ticket_number
            and counted.agreement_number = concerned.agreement_number
    where counted.rule_set = 'agreed'
),

final as (
    select
        rule_set,
        agreement_id,
        agreement_version,
        target_id,
        service_id,
        period_start,
        cast(sum(met_count) as bigint) as numerator_change,
        cast(sum(decided_count) as bigint) as denominator_change
    from changes
    group by rule_set, agreement_id, agreement_version, target_id, service_id, period_start
)

select * from final

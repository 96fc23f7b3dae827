-- One row per ticket target, service, period and rule of attribution: the same decided clocks, counted in the period of
-- another instant. Under `resolved` a breached clock counts once it has stopped or its ticket is resolved, so one that is
-- parked open counts nowhere; under `created` each counts in the period in which its ticket was opened.
with outcomes as (
    select * from {{ ref('int_sla_outcomes') }} where state in ('met', 'breached')
),

targets as (
    select * from {{ ref('int_ticket_targets') }} where rule_set = 'agreed'
),

profiles as (
    select profile_number, service_id from {{ ref('int_ticket_profiles') }}
),

rules as (
    select distinct rule from {{ ref('int_sensitivity_rules') }} where rule_kind = 'attribution'
),

attributed as (
    select
        targets.agreement_id,
        targets.agreement_version,
        targets.target_id,
        targets.period_number,
        profiles.service_id,
        outcomes.state,
        rules.rule,
        case rules.rule
            when 'decided' then outcomes.decided_at
            when 'due' then outcomes.due_at
            when 'resolved' then coalesce(outcomes.stopped_at, outcomes.resolved_at)
            when 'created' then outcomes.opened_epoch
        end as attributed_at
    from outcomes
    inner join targets on outcomes.target_number = targets.target_number
    inner join profiles on outcomes.profile_number = profiles.profile_number
    cross join rules
),

final as (
    select
        attributed.agreement_id,
        attributed.agreement_version,
        attributed.target_id,
        attributed.service_id,
        periods.period_start,
        attributed.rule,
        count(case when attributed.state = 'met' then 1 end) as numerator,
        count(*) as denominator
    from attributed
    inner join {{ ref('int_period_pieces') }} as periods
        on
            attributed.period_number = periods.period_number
            and {{ utc_day('attributed.attributed_at') }} = periods.utc_day
            and attributed.attributed_at >= periods.from_epoch
            and attributed.attributed_at < periods.to_epoch
    group by
        attributed.agreement_id,
        attributed.agreement_version,
        attributed.target_id,
        attributed.service_id,
        periods.period_start,
        attributed.rule
)

select * from final

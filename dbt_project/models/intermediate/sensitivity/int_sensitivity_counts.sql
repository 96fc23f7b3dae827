-- One row per ticket target, service, period and rule with anything counted under it. Under another rule for reopenings a
-- figure is the agreed one with the tickets that were reopened counted anew.
with attribution as (
    select * from {{ ref('int_attribution_counts') }}
),

agreed as (
    select * from {{ ref('int_ticket_sla_counts') }}
),

changes as (
    select * from {{ ref('int_rule_set_changes') }}
),

reopen_rules as (
    select distinct rule from {{ ref('int_sensitivity_rules') }} where rule_kind = 'reopen'
),

counted as (
    select
        agreement_id,
        agreement_version,
        target_id,
        service_id,
        period_start,
        'attribution' as rule_kind,
        rule,
        numerator,
        denominator
    from attribution
    union all
    select
        agreed.agreement_id,
        agreed.agreement_version,
        agreed.target_id,
        agreed.service_id,
        agreed.period_start,
        'reopen' as rule_kind,
        reopen_rules.rule,
        agreed.numerator,
        agreed.denominator
    from agreed
    cross join reopen_rules
    union all
    select
        changes.agreement_id,
        changes.agreement_version,
        changes.target_id,
        changes.service_id,
        changes.period_start,
        'reopen' as rule_kind,
        reopen_rules.rule,
        changes.numerator_change as numerator,
        changes.denominator_change as denominator
    from changes
    inner join reopen_rules on changes.rule_set = 'reopen_' || reopen_rules.rule
),

final as (
    select
        agreement_id,
        agreement_version,
        target_id,
        service_id,
        period_start,
        rule_kind,
        rule,
        cast(sum(numerator) as bigint) as numerator,
        cast(sum(denominator) as bigint) as denominator
    from counted
    group by agreement_id, agreement_version, target_id, service_id, period_start, rule_kind, rule
)

select * from final

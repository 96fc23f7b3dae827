-- One row per agreement version and rule under which its figures are counted: the agreed one and the others.
with agreements as (
    select * from {{ ref('stg_agreements__agreements') }} where is_measured
),

rules as (
    select 'attribution' as rule_kind, 'decided' as rule
    union all
    select 'attribution' as rule_kind, 'due' as rule
    union all
    select 'attribution' as rule_kind, 'resolved' as rule
    union all
    select 'attribution' as rule_kind, 'created' as rule
    union all
    select 'reopen' as rule_kind, 'resume' as rule
    union all
    select 'reopen' as rule_kind, 'new_cycle' as rule
    union all
    select 'reopen' as rule_kind, 'ignore' as rule
),

final as (
    select
        agreements.agreement_id,
        agreements.agreement_version,
        rules.rule_kind,
        rules.rule,
        rules.rule = case rules.rule_kind when 'attribution' then agreements.attribution else agreements.reopen_mode end
            as is_agreed_rule
    from agreements
    cross join rules
)

select * from final

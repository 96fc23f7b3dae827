-- Grain: ticket target x period x rule, over all services of the agreement: rpt_definition_sensitivity for the verdict of
-- a target per agreement. Both integers are summed, then divided once.
with scorecard as (
    select * from {{ ref('rpt_sla_target') }}
),

counts as (
    select
        agreement_id,
        agreement_version,
        target_id,
        period_start,
        rule_kind,
        rule,
        sum(numerator) as numerator,
        sum(denominator) as denominator
    from {{ ref('int_sensitivity_counts') }}
    group by agreement_id, agreement_version, target_id, period_start, rule_kind, rule
),

final as (
    {{ sensitivity('scorecard', 'counts', with_service=false) }}
)

select * from final

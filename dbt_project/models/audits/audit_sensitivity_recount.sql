-- One row per figure of the scorecard and kind of rule: what the scorecard says, and what the same figure is under the
-- agreed rule when it is counted beside the others. A view: it reads the tables as they are at the audit.
with sensitivity as (
    select * from {{ ref('rpt_definition_sensitivity') }} where is_agreed_rule
),

scorecard as (
    select * from {{ ref('rpt_sla_scorecard') }}
),

final as (
    select
        sensitivity.agreement_id,
        sensitivity.target_id,
        sensitivity.service_id,
        sensitivity.period_start,
        sensitivity.rule_kind,
        scorecard.numerator as published_numerator,
        sensitivity.numerator as recounted_numerator,
        scorecard.denominator as published_denominator,
        sensitivity.denominator as recounted_denominator
    from sensitivity
    inner join scorecard
        on
            sensitivity.agreement_id = scorecard.agreement_id
            and sensitivity.agreement_version = scorecard.agreement_version
            and sensitivity.target_id = scorecard.target_id
            and sensitivity.service_id = scorecard.service_id
            and sensitivity.period_start = scorecard.period_start
)

select * from final

{# Figures for steering: what the reports beside the scorecard share. #}

{# How long before a pause a public message of an agent still is its question, in seconds: the contract's 15 minutes, the
   same that `requires: customer_visible_request` demands of a clock. #}
{% macro question_window_seconds() -%}900{%- endmacro %}

{# A reporting period is running until its closing day has passed. #}
{% macro period_status(periods) -%}
    case when {{ periods }}.closes_at_epoch <= {{ as_of() }} then 'closed' else 'running' end
{%- endmacro %}

{# A forecast looks back on this many periods, and gives what they say this much of the weight of the running one. #}
{% macro forecast_periods() -%}3{%- endmacro %}
{% macro prior_weight() -%}0.2e0{%- endmacro %}

{# The figures of a scorecard counted under every rule: one definition for the row of a service and the row of a target.
   scorecard: a CTE of the published rows at either grain; counts: a CTE of int_sensitivity_counts at the same grain. #}
{% macro sensitivity(scorecard, counts, with_service) -%}
    select
        scorecard.agreement_id,
        scorecard.agreement_version,
        scorecard.agreement_type,
        scorecard.customer_id,
        {% if with_service %}scorecard.service_id,{% endif %}
        scorecard.target_id,
        {{ target_key('scorecard') }} as target_key,
        scorecard.metric,
        scorecard.period_type,
        scorecard.period_start,
        scorecard.period_start as date,
        scorecard.period_end,
        scorecard.period_status,
        rules.rule_kind,
        rules.rule,
        rules.is_agreed_rule,
        cast(coalesce(counts.numerator, 0) as bigint) as numerator,
        cast(coalesce(counts.denominator, 0) as bigint) as denominator,
        {{ ratio('counts.numerator', 'counts.denominator') }} as attainment_ratio,
        scorecard.target_ratio,
        case
            when coalesce(counts.denominator, 0) = 0 then 'no_data'
            when {{ reaches('counts.numerator', 'counts.denominator', 'targets.target_ppm') }} then 'met'
            else 'missed'
        end as status
    from {{ scorecard }} as scorecard
    inner join {{ ref('int_ticket_targets') }} as targets
        on
            scorecard.agreement_id = targets.agreement_id
            and scorecard.agreement_version = targets.agreement_version
            and scorecard.target_id = targets.target_id
            and targets.rule_set = 'agreed'
    inner join {{ ref('int_sensitivity_rules') }} as rules
        on
            scorecard.agreement_id = rules.agreement_id
            and scorecard.agreement_version = rules.agreement_version
    left join {{ counts }} as counts
        on
            scorecard.agreement_id = counts.agreement_id
            and scorecard.agreement_version = counts.agreement_version
            and scorecard.target_id = counts.target_id
            {% if with_service %}and scorecard.service_id = counts.service_id{% endif %}
            and scorecard.period_start = counts.period_start
            and rules.rule_kind = counts.rule_kind
            and rules.rule = counts.rule
{%- endmacro %}

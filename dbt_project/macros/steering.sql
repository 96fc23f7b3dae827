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

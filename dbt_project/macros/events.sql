{# Events of one instant follow their ids: numbers as numbers (999 before 1000), other ids as text. #}
{% macro event_order(event_id) -%}{{ return(adapter.dispatch('event_order')(event_id)) }}{%- endmacro %}
{% macro default__event_order(event_id) -%}
    case when regexp_full_match({{ event_id }}, '[0-9]{1,18}') then lpad({{ event_id }}, 18, '0') else {{ event_id }} end
{%- endmacro %}
{% macro spark__event_order(event_id) -%}
    case when {{ event_id }} rlike '^[0-9]{1,18}$' then lpad({{ event_id }}, 18, '0') else {{ event_id }} end
{%- endmacro %}

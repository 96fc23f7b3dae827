{# The two integers of availability from the seconds of a day or a period: what counts is agreed time without what the
   agreement's policies remove; what was up is that without weighted downtime. agreed, sums, policies: relations with
   agreed_seconds; with the seconds of each class (null = none), their names begun with `prefix`; with the columns
   excluded_time and unmeasured. #}
{% macro counted_seconds(agreed, sums, policies, prefix='') -%}
    {{ agreed }}.agreed_seconds
    - case
        when {{ policies }}.excluded_time = 'remove_from_denominator' then coalesce({{ sums }}.{{ prefix }}excluded_seconds, 0)
        else 0
    end
    - case
        when {{ policies }}.unmeasured = 'remove_from_denominator' then coalesce({{ sums }}.{{ prefix }}unmeasured_seconds, 0)
        else 0
    end
{%- endmacro %}

{% macro up_seconds(agreed, sums, policies, prefix='') -%}
    {{ counted_seconds(agreed, sums, policies, prefix) }}
    - coalesce({{ sums }}.{{ prefix }}weighted_downtime_seconds, 0)
    - case
        when {{ policies }}.unmeasured = 'counts_as_down' then coalesce({{ sums }}.{{ prefix }}unmeasured_seconds, 0)
        else 0
    end
{%- endmacro %}

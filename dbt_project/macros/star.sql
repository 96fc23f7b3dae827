{# Keys of one column, under the name that they have in their dimension: tools relate tables by equal names, and most by one
   column only. relation: alias of the columns of which the key is made, empty for none. #}

{% macro agreement_key(relation='') -%}
    {%- set of = relation ~ '.' if relation else '' -%}
    {{ of }}agreement_id || '/' || {{ of }}agreement_version
{%- endmacro %}

{% macro target_key(relation='') -%}
    {{ agreement_key(relation) }} || '/' || {{ relation ~ '.' if relation else '' }}target_id
{%- endmacro %}

{% macro outage_key(service_id, from_epoch) -%}
    {{ service_id }} || '/' || {{ utc_timestamp(from_epoch) }}
{%- endmacro %}

{# The local day of an instant in the project's zone: a join of int_project_days as `days`. A day that dim_date does not have
   is none: it lies before everything that is reported. #}
{% macro join_project_day(epoch) -%}
    left join {{ ref('int_project_days') }} as days
        on
            {{ utc_day(epoch) }} = days.utc_day
            and {{ epoch }} >= days.day_from
            and {{ epoch }} < days.day_to
{%- endmacro %}

{# The order of events within one instant: numbers as numbers (999 before 1000), then other ids as text. An id that is a
   number is carried as one, so that sorting compares integers; only the others carry their text. #}
{% macro event_number(event_id) -%}
    case
        when cast(try_cast({{ event_id }} as bigint) as {{ dbt.type_string() }}) = {{ event_id }}
            and try_cast({{ event_id }} as bigint) >= 0
            then try_cast({{ event_id }} as bigint)
    end
{%- endmacro %}

{# To sort by: what was there at the opening has event_number -1 and comes before every event of that instant. #}
{% macro event_order() -%}
    moment, event_number nulls last, event_text nulls first
{%- endmacro %}

{# The id as it was received; null for the opening. #}
{% macro event_id_of(event_number, event_text) -%}
    case
        when {{ event_number }} >= 0 then cast({{ event_number }} as {{ dbt.type_string() }})
        else {{ event_text }}
    end
{%- endmacro %}

{# Canonical statuses as small integers, for the one sort that every status of every ticket passes through. #}
{% macro canonical_statuses() -%}
    {{ return([
        'new', 'in_progress', 'waiting_customer', 'waiting_supplier', 'waiting_internal', 'on_hold',
        'resolved', 'closed', 'cancelled', 'merged'
    ]) }}
{%- endmacro %}

{% macro status_code(status) -%}
    cast(
        case {{ status }}
        {%- for name in canonical_statuses() %} when '{{ name }}' then {{ loop.index0 }}{% endfor %}
        end as tinyint
    )
{%- endmacro %}

{% macro status_of(code) -%}
    case {{ code }}
    {%- for name in canonical_statuses() %} when {{ loop.index0 }} then '{{ name }}'{% endfor %} end
{%- endmacro %}

{# open: work goes on; done: resolved or closed; void: cancelled or merged. #}
{% macro status_class(status) -%}
    case
        when {{ status }} in ('resolved', 'closed') then 'done'
        when {{ status }} in ('cancelled', 'merged') then 'void'
        else 'open'
    end
{%- endmacro %}

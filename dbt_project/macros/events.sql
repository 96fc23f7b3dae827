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
{% macro event_order(moment='moment') -%}
    {{ moment }}, event_number nulls last, event_text nulls first
{%- endmacro %}

{# The id as it was received; null for the opening. #}
{% macro event_id_of(event_number, event_text) -%}
    case
        when {{ event_number }} >= 0 then cast({{ event_number }} as {{ dbt.type_string() }})
        else {{ event_text }}
    end
{%- endmacro %}

{# What happens to a ticket, each kind as one small integer (its place here), for the sorts that every event passes through.
   First the canonical statuses (work goes on; done; void), then messages, then changes of a value. A reply is a message of a person of the provider to
   the customer; other messages are automatic ones and internal notes. #}
{% macro canonical_statuses() -%}
    {{ return([
        'new', 'in_progress', 'waiting_customer', 'waiting_supplier', 'waiting_internal', 'on_hold',
        'resolved', 'closed', 'cancelled', 'merged'
    ]) }}
{%- endmacro %}

{% macro event_codes() -%}
    {{ return(canonical_statuses() + [
        'reply', 'customer_message', 'other_message',
        'team', 'customer', 'service', 'priority'
    ]) }}
{%- endmacro %}

{# Null for an event of any other kind. #}
{% macro event_code(events) -%}
    cast(
        case {{ events }}.event_type
            when 'status' then {{ status_code(events ~ '.value') }}
            when 'message'
                then case
                    when {{ events }}.actor_role = 'agent' and {{ events }}.is_public
                        then {{ event_codes().index('reply') }}
                    when {{ events }}.actor_role = 'customer' then {{ event_codes().index('customer_message') }}
                    else {{ event_codes().index('other_message') }}
                end
            {%- for name in ['team', 'customer', 'service', 'priority'] %}
            when '{{ name }}' then {{ event_codes().index(name) }}
            {%- endfor %}
        end as tinyint
    )
{%- endmacro %}

{% macro status_code(status) -%}
    cast(
        case {{ status }}
        {%- for name in canonical_statuses() %} when '{{ name }}' then {{ loop.index0 }}{% endfor %}
        end as tinyint
    )
{%- endmacro %}

{% macro is_open_code(status_code) -%}
    ({{ status_code }} < {{ canonical_statuses().index('resolved') }})
{%- endmacro %}

{% macro is_void_code(status_code) -%}
    ({{ status_code }} >= {{ canonical_statuses().index('cancelled') }})
{%- endmacro %}

{% macro event_name(code) -%}
    case {{ code }}
    {%- for name in event_codes() %} when {{ loop.index0 }} then '{{ name }}'{% endfor %} end
{%- endmacro %}

{# open: work goes on; done: resolved or closed; void: cancelled or merged. #}
{% macro status_class(status) -%}
    case
        when {{ status }} in ('resolved', 'closed') then 'done'
        when {{ status }} in ('cancelled', 'merged') then 'void'
        else 'open'
    end
{%- endmacro %}

{# A ticket's key among the tickets of all sources. #}
{% macro ticket_key(tickets) -%}
    {{ tickets }}.source || ':' || {{ tickets }}.ticket_id
{%- endmacro %}

{# The clock kernel. Open time between two instants is the difference of two readings of a calendar's cumulative clock
   B(t) = open_before + is_open * (t - piece_from). The join is an equality on (calendar, UTC day); the range test only
   picks among the few pieces of one day. #}

{% macro join_piece(alias, calendar, instant) -%}
    left join {{ ref('stg_agreements__calendar_pieces') }} as {{ alias }}
        on
            {{ calendar }} = {{ alias }}.calendar_id
            and {{ utc_day(instant) }} = {{ alias }}.utc_day
            and {{ instant }} >= {{ alias }}.piece_from
            and {{ instant }} < {{ alias }}.piece_to
{%- endmacro %}

{% macro reading(alias, instant) -%}
    ({{ alias }}.open_before + {{ alias }}.is_open * ({{ instant }} - {{ alias }}.piece_from))
{%- endmacro %}

{# The inverse: the instant at which the clock shows a reading. `earliest` answers with a closing time where both a
   closing time and the next opening show it, `latest` with that opening. Buckets of an hour of open time make it an
   equality join too. #}
{% macro join_inverse(alias, calendar, reading_value, which) -%}
    left join {{ ref('stg_agreements__calendar_buckets') }} as {{ alias }}
        on
            {{ calendar }} = {{ alias }}.calendar_id
            and {{ floor_div(reading_value, 3600) }} = {{ alias }}.bucket
            {% if which == 'earliest' -%}
            and {{ reading_value }} > {{ alias }}.open_before
            and {{ reading_value }} <= {{ alias }}.open_before + {{ alias }}.open_seconds
            {%- else -%}
            and {{ reading_value }} >= {{ alias }}.open_before
            and {{ reading_value }} < {{ alias }}.open_before + {{ alias }}.open_seconds
            {%- endif %}
{%- endmacro %}

{% macro instant_of(alias, reading_value) -%}
    ({{ alias }}.piece_from + {{ reading_value }} - {{ alias }}.open_before)
{%- endmacro %}

{# The clock kernel. Open time between two instants is the difference of two readings of a calendar's cumulative clock
   B(t) = open_before + is_open * (t - piece_from). The join is an equality on (calendar, UTC day); the range test only
   picks among the few pieces of one day. `key` says how the calendar is named: by its id, or by its number where many
   rows are joined. #}

{% macro join_piece(alias, calendar, instant, key='calendar_id') -%}
    left join {{ ref('int_calendar_pieces') }} as {{ alias }}
        on
            {{ calendar }} = {{ alias }}.{{ key }}
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
{% macro join_inverse(alias, calendar_number, reading_value, which) -%}
    left join {{ ref('int_calendar_buckets') }} as {{ alias }}
        on
            {{ calendar_number }} = {{ alias }}.calendar_number
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

{# Metrics that are clocks of a ticket. #}
{% macro ticket_clocks() -%}
    (
        'time_to_first_response', 'time_to_next_reply', 'max_update_gap', 'time_to_resolve', 'time_to_close',
        'time_in_team', 'time_with_supplier'
    )
{%- endmacro %}

{# Those that run from the ticket's opening to one end of its life. #}
{% macro whole_life_clocks() -%}
    ('time_to_first_response', 'time_to_resolve', 'time_to_close')
{%- endmacro %}

{# Since when a clock of the metric waits that would begin with the ticket's opening, at `opening`: one of the whole life since
   the opening of the oldest ticket merged into it (a row of int_ticket_inherited_openings), but for a first response that
   was given there. #}
{% macro waits_since(metric, inherited, opening) -%}
    case
        when {{ metric }} = 'time_to_first_response' then coalesce({{ inherited }}.unanswered_epoch, {{ opening }})
        when {{ metric }} in {{ whole_life_clocks() }} then coalesce({{ inherited }}.opened_epoch, {{ opening }})
        else {{ opening }}
    end
{%- endmacro %}

{# When the ticket's life ends a clock of the metric for good, from a row of int_ticket_stops: twice the instant, plus one
   if cancelling or merging ended it; null while nothing has. #}
{% macro stop_of(metric, stops, no_reply) -%}
    case {{ metric }}
        when 'time_to_first_response'
            then least(
                {{ stops }}.response_stop,
                case when {{ no_reply }} = 'stops' then {{ stops }}.unanswered_stop else {{ stops }}.dropped_stop end
            )
        when 'time_to_close' then {{ stops }}.close_stop
        else {{ stops }}.resolve_stop
    end
{%- endmacro %}

{# A ticket that is cancelled or merged stands still until that is undone, whatever it is called meanwhile: the stretches
   from the cancelling or merging to the taking up again, the status that holds in them, and the join to a row's interval. #}
{% macro undone_voids() -%}
    select ticket_number, void_at, gap_to from {{ ref('int_ticket_gaps') }} where void_at is not null and gap_to is not null
{%- endmacro %}

{% macro join_undone_voids(intervals, voids) -%}
    left join {{ voids }}
        on
            {{ intervals }}.ticket_number = {{ voids }}.ticket_number
            and {{ intervals }}.from_at >= {{ voids }}.void_at
            and {{ intervals }}.from_at < {{ voids }}.gap_to
{%- endmacro %}

{% macro status_that_holds(intervals, voids) -%}
    case when {{ voids }}.ticket_number is null or {{ intervals }}.is_open then {{ intervals }}.status else 'merged' end
{%- endmacro %}

{# What a clock of the metric does while its ticket has a status. #}
{% macro clock_state(metric, status, is_pausing) -%}
    case
        when {{ status_class(status) }} = 'open' then case when {{ is_pausing }} then 'pause' else 'run' end
        when {{ metric }} = 'time_to_close' and {{ status }} = 'resolved' then 'run'
        when {{ metric }} = 'time_to_first_response' and {{ status_class(status) }} = 'done' then 'run'
        else 'resolved_gap'
    end
{%- endmacro %}

{# What the calendar shows when the threshold would be used up if the clock ran on from its end. #}
{% macro due_reading(clocks, targets) -%}
    case
        when
            {{ clocks }}.on_clock_seconds < {{ targets }}.threshold_seconds
            and (not {{ clocks }}.is_paused or {{ clocks }}.stopped_at is not null)
            then cast({{ clocks }}.reading_to + {{ targets }}.threshold_seconds - {{ clocks }}.on_clock_seconds as bigint)
    end
{%- endmacro %}

{# One sweep over ±1 edges: from intervals with a `lane`, the elementary intervals between neighbouring edges and how
   many intervals of each lane cover them. One sort per key; no row per minute or per day.
   intervals: a CTE with the key columns, from_at, to_at, lane. #}
{% macro sweep(intervals, keys, lanes) -%}
    select
        {{ keys | join(', ') }},
        moment as from_at,
        lead(moment) over (partition by {{ keys | join(', ') }} order by moment) as to_at
        {%- for lane in lanes %},
        sum({{ lane }}_change) over (
            partition by {{ keys | join(', ') }} order by moment
            rows between unbounded preceding and current row
        ) as {{ lane }}_count
        {%- endfor %}
    from (
        select
            {{ keys | join(', ') }},
            moment
            {%- for lane in lanes %},
            sum(case when lane = '{{ lane }}' then change else 0 end) as {{ lane }}_change
            {%- endfor %}
        from (
            select {{ keys | join(', ') }}, from_at as moment, lane, 1 as change from {{ intervals }} where to_at > from_at
            union all
            select {{ keys | join(', ') }}, to_at as moment, lane, -1 as change from {{ intervals }} where to_at > from_at
        ) as edges
        group by {{ keys | join(', ') }}, moment
    ) as changes
{%- endmacro %}

{# One sweep over ±1 edges: from intervals with a `lane`, the elementary intervals between neighbouring edges and how
   many intervals of each lane cover them. One sort per key; no row per minute or per day.
   Three lanes share a sum, twenty bits each: a window costs the same whatever it adds up, and a million intervals of one
   lane over one instant of one key are more than any service has.
   intervals: a CTE with the key columns, from_at, to_at, lane. #}
{% macro sweep(intervals, keys, lanes) -%}
    {%- set unit = 1048576 %}
    {%- set packs = lanes | batch(3) | list %}
    select
        {{ keys | join(', ') }},
        from_at,
        to_at
        {%- for pack in packs %}{% set number = loop.index %}{% for lane in pack %},
        {{ floor_div('pack_' ~ number, unit ** loop.index0) }} % {{ unit }} as {{ lane }}_count
        {%- endfor %}{% endfor %}
    from (
        select
            {{ keys | join(', ') }},
            moment as from_at,
            lead(moment) over (partition by {{ keys | join(', ') }} order by moment) as to_at
            {%- for pack in packs %},
            cast(
                sum(change_{{ loop.index }}) over (
                    partition by {{ keys | join(', ') }} order by moment
                    rows between unbounded preceding and current row
                ) as bigint
            ) as pack_{{ loop.index }}
            {%- endfor %}
        from (
            select
                {{ keys | join(', ') }},
                moment
                {%- for pack in packs %},
                cast(
                    sum(
                        change * case lane
                            {%- for lane in pack %}
                            when '{{ lane }}' then cast({{ unit ** loop.index0 }} as bigint)
                            {%- endfor %}
                            else 0
                        end
                    ) as bigint
                ) as change_{{ loop.index }}
                {%- endfor %}
            from (
                select {{ keys | join(', ') }}, from_at as moment, lane, 1 as change from {{ intervals }} where to_at > from_at
                union all
                select {{ keys | join(', ') }}, to_at as moment, lane, -1 as change from {{ intervals }} where to_at > from_at
            ) as edges
            group by {{ keys | join(', ') }}, moment
        ) as changes
    ) as covered
{%- endmacro %}


{# Intervals of a kind in force after an edge of a sweep, whoever caused them: the sum over its lanes. -#}
{% macro lane_counts(kind, parties) -%}
    {% for party in parties %}{{ kind }}_{{ party }}_count{{ ' + ' if not loop.last }}{% endfor %}
{%- endmacro %}

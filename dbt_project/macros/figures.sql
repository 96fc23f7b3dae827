{# Statistics and verdicts of a figure, from its two integers. #}

{# Wilson score interval at 95 % (z = 1.959963984540054); null without a denominator. #}
{% macro wilson(good, total, bound) -%}
    {%- set z = '1.959963984540054e0' -%}
    case
        when {{ total }} > 0 then
            {{ 'greatest(0.0, ' if bound == 'low' else 'least(1.0, ' }}(
                cast({{ good }} as double) / {{ total }} + {{ z }} * {{ z }} / (2.0 * {{ total }})
                {{ '-' if bound == 'low' else '+' }} {{ z }} * sqrt(
                    (cast({{ good }} as double) / {{ total }}) * (1.0 - cast({{ good }} as double) / {{ total }}) / {{ total }}
                    + {{ z }} * {{ z }} / (4.0 * {{ total }} * {{ total }})
                )
            ) / (1.0 + {{ z }} * {{ z }} / {{ total }}))
    end
{%- endmacro %}

{% macro ratio(numerator, denominator) -%}
    cast({{ numerator }} as double) / nullif({{ denominator }}, 0)
{%- endmacro %}

{# The bad share over the share that may be bad: at 1 the budget lasts exactly the period. #}
{% macro burn_rate(numerator, denominator, target_ppm) -%}
    {{ ratio(
        '(' ~ denominator ~ ' - ' ~ numerator ~ ') * 1000000', denominator ~ ' * (1000000 - ' ~ target_ppm ~ ')'
    ) }}
{%- endmacro %}

{# Verdicts are read off the integers, never off a rounded ratio. #}
{% macro reaches(numerator, denominator, target_ppm) -%}
    {{ numerator }} * 1000000 >= {{ target_ppm }} * ({{ denominator }})
{%- endmacro %}

{# Half width of the 95 % interval of a net promoter score, in points: each answer is +1, 0 or -1. #}
{% macro nps_margin(promoters, detractors, answers) -%}
    1.959963984540054e0 * 100e0 * sqrt(
        greatest(
            0.0,
            cast({{ promoters }} + {{ detractors }} as double) / {{ answers }}
            - power(cast({{ promoters }} - {{ detractors }} as double) / {{ answers }}, 2)
        ) / {{ answers }}
    )
{%- endmacro %}

-- One row per availability scope and period with failures: the 50th and 90th percentile (nearest rank: the smallest
-- value that at least so many percent do not exceed) of restoring, of uptime between failures and from failure to
-- failure. interval_count: failures that have a predecessor.
{% set measures = ['downtime_seconds', 'uptime_before_seconds', 'since_previous_seconds'] %}
{% set quantiles = [] %}
{% for measure in measures %}
    {% for percent in [50, 90] %}{% do quantiles.append((measure, percent)) %}{% endfor %}
{% endfor %}

with failures as (
    select * from {{ ref('int_availability_failures') }}
),

ranked as (
    select
        {% for measure in measures %}
            {{ measure }},
            count({{ measure }}) over (partition by scope_number, period_start) as {{ measure }}_count,
            row_number() over (partition by scope_number, period_start order by {{ measure }} nulls last)
                as {{ measure }}_rank,
        {% endfor %}
        scope_number,
        period_start,
        is_open
    from failures
),

final as (
    select
        {% for measure, percent in quantiles %}
            max(
                case
                    when {{ measure }}_rank = {{ floor_div(measure ~ '_count * ' ~ percent ~ ' + 99', 100) }} then {{ measure }}
                end
            ) as {{ measure }}_p{{ percent }},
        {% endfor %}
        scope_number,
        period_start,
        max(case when is_open then 1 else 0 end) = 1 as has_open_failure,
        max(downtime_seconds) as longest_outage_seconds,
        max(uptime_before_seconds_count) as interval_count
    from ranked
    group by scope_number, period_start
)

select * from final

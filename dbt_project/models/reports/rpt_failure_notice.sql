-- Grain: service x period of the project's zone with failures: how soon they were detected and told, and how often an
-- all-clear was false. Percentiles by nearest rank; null where nothing was detected or told.
{% set measures = ['detection_seconds', 'notification_seconds'] %}
{% set quantiles = [] %}
{% for measure in measures %}
    {% for percent in [50, 90] %}{% do quantiles.append((measure, percent)) %}{% endfor %}
{% endfor %}

with failures as (
    select * from {{ ref('fct_service_failure') }} where period_start >= {{ first_period_start() }}
),

ranked as (
    select
        {% for measure in measures %}
            count({{ measure }}) over (partition by service_id, period_start) as {{ measure }}_count,
            row_number() over (partition by service_id, period_start order by {{ measure }} nulls last)
                as {{ measure }}_rank,
        {% endfor %}
        failures.*
    from failures
),

final as (
    select
        service_id,
        {{ project_period_type() }} as period_type,
        period_start,
        period_start as date,
        count(*) as failure_count,
        count(detected_at) as detected_count,
        count(notified_at) as notified_count,
        {% for measure, percent in quantiles %}
            max(
                case
                    when {{ measure }}_rank = {{ floor_div(measure ~ '_count * ' ~ percent ~ ' + 99', 100) }} then {{ measure }}
                end
            ) as {{ measure.removesuffix('_seconds') }}_p{{ percent }}_seconds,
        {% endfor %}
        count(case when is_notified_before_first_ticket then 1 end) as notified_first_count,
        count(is_notified_before_first_ticket) as notice_decided_count,
        {{ ratio(
            'count(case when is_notified_before_first_ticket then 1 end)', 'count(is_notified_before_first_ticket)'
        ) }} as notified_first_ratio,
        count(case when is_false_all_clear then 1 end) as false_all_clear_count
    from ranked
    group by service_id, period_start
)

select * from final

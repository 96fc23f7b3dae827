-- One row per availability scope and stretch of time that is not simply "up", after the agreement's policies:
-- class excluded (excused maintenance, or attributed to a party the agreement leaves out), down (weight above 0), or
-- unmeasured (every monitor of the service silent and nothing reported). Excluded beats down beats unmeasured. A run
-- is a maximal contiguous stretch of weight above 0; one shorter than minOutage, in wall time, does not count.
-- is_maintenance: down only because maintenance was not excused. is_open: the run lasts at as_of.
with scopes as (
    select * from {{ ref('int_availability_scopes') }}
),

lanes as (
    select * from {{ ref('int_availability_lanes') }}
),

monitors as (
    select service_id, count(distinct source) as monitor_count
    from {{ ref('stg_feeds__uptime_checks') }}
    where checked_epoch <= {{ as_of() }}
    group by service_id
),

ongoing as (
    select distinct scope_number
    from lanes
    where is_open and to_at = {{ as_of() }} and lane in ('outage', 'partial', 'degraded', 'unexcused')
),

swept as (
    {{ sweep(
        'lanes', ['scope_number'],
        ['excluded', 'outage', 'partial', 'degraded', 'unexcused', 'inherited_excluded', 'unmeasured']
    ) }}
),

weighed as (
    select
        swept.scope_number,
        swept.from_at,
        swept.to_at,
        swept.excluded_count > 0 as is_excluded,
        swept.inherited_excluded_count > 0 as is_inherited_excluded,
        greatest(
            case when swept.outage_count > 0 then scopes.weight_outage_ppm else 0 end,
            case when swept.partial_count > 0 then scopes.weight_partial_ppm else 0 end,
            case when swept.degraded_count > 0 then scopes.weight_degraded_ppm else 0 end
        ) as trouble_ppm,
        case when swept.unexcused_count > 0 then scopes.weight_outage_ppm else 0 end as maintenance_ppm,
        swept.outage_count + swept.partial_count + swept.degraded_count + swept.unexcused_count = 0
        and swept.unmeasured_count >= monitors.monitor_count as is_unmeasured,
        scopes.min_outage_seconds
    from swept
    inner join scopes on swept.scope_number = scopes.scope_number
    left join monitors on scopes.service_id = monitors.service_id
    where swept.to_at is not null
),

classified as (
    select
        scope_number,
        from_at,
        to_at,
        min_outage_seconds,
        case
            when is_excluded then 'excluded'
            when greatest(trouble_ppm, maintenance_ppm) > 0 then 'down'
            when is_inherited_excluded then 'excluded'
            when is_unmeasured then 'unmeasured'
        end as class,
        greatest(trouble_ppm, maintenance_ppm) as weight_ppm,
        trouble_ppm = 0 as is_maintenance
    from weighed
),

compared as (
    select
        *,
        case
            when from_at = lag(to_at) over scope and class = lag(class) over scope then 0
            else 1
        end as is_new_run
    from classified
    where class is not null
    window scope as (partition by scope_number order by from_at)
),

numbered as (
    select
        *,
        sum(is_new_run) over (partition by scope_number order by from_at) as run_number
    from compared
),

runs as (
    select
        *,
        min(from_at) over (partition by scope_number, run_number) as run_from_at,
        max(to_at) over (partition by scope_number, run_number) as run_to_at
    from numbered
),

final as (
    select
        runs.scope_number,
        runs.class,
        runs.from_at,
        runs.to_at,
        case when runs.class = 'down' then runs.weight_ppm end as weight_ppm,
        runs.class = 'down' and runs.is_maintenance as is_maintenance,
        runs.run_from_at,
        runs.run_to_at,
        runs.run_to_at = {{ as_of() }} and ongoing.scope_number is not null as is_open
    from runs
    left join ongoing on runs.scope_number = ongoing.scope_number
    where runs.class <> 'down' or runs.run_to_at - runs.run_from_at >= runs.min_outage_seconds
)

select * from final

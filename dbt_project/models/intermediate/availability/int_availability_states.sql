-- One row per availability scope and stretch of time that is not simply "up", after the agreement's policies:
-- class excluded (maintenance, or attributed to a party the agreement leaves out), down (weight above 0), or
-- unmeasured (every monitor of the service silent and nothing reported). Excluded beats down beats unmeasured. A run
-- is a maximal contiguous stretch of weight above 0; one shorter than minOutage, in wall time, does not count.
with scopes as (
    select * from {{ ref('int_availability_scopes') }}
),

evidence as (
    select * from {{ ref('int_outage_evidence') }}
),

monitors as (
    select service_id, count(distinct source) as monitor_count
    from {{ ref('stg_feeds__uptime_checks') }}
    where checked_epoch <= {{ as_of() }}
    group by service_id
),

lanes as (
    select
        scopes.scope_number,
        evidence.from_at,
        evidence.to_at,
        case
            when evidence.kind = 'maintenance' then 'excluded'
            when
                evidence.kind <> 'unmeasured'
                and scopes.excluded_parties like '%,' || evidence.attributed_to || ',%'
                then 'excluded'
            else evidence.kind
        end as lane
    from scopes
    inner join evidence on scopes.service_id = evidence.service_id
),

swept as (
    {{ sweep('lanes', ['scope_number'], ['excluded', 'outage', 'partial', 'degraded', 'unmeasured']) }}
),

weighed as (
    select
        swept.scope_number,
        swept.from_at,
        swept.to_at,
        swept.excluded_count > 0 as is_excluded,
        greatest(
            case when swept.outage_count > 0 then scopes.weight_outage_ppm else 0 end,
            case when swept.partial_count > 0 then scopes.weight_partial_ppm else 0 end,
            case when swept.degraded_count > 0 then scopes.weight_degraded_ppm else 0 end
        ) as weight_ppm,
        swept.outage_count + swept.partial_count + swept.degraded_count = 0
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
            when weight_ppm > 0 then 'down'
            when is_unmeasured then 'unmeasured'
        end as class,
        weight_ppm
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
        scope_number,
        class,
        from_at,
        to_at,
        case when class = 'down' then weight_ppm end as weight_ppm,
        run_from_at,
        run_to_at
    from runs
    where class <> 'down' or run_to_at - run_from_at >= min_outage_seconds
)

select * from final

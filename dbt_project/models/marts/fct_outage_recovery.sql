-- Grain: recovery target (restore_time, data_loss) x service x failure as the agreement sees it: a contiguous run of
-- counted downtime. It belongs to the period in which it began. state: met or breached; running while it lasts within
-- the threshold; unknown for a data_loss target if nobody reported how much was lost.
with scopes as (
    select * from {{ ref('int_availability_scopes') }} where metric in ('restore_time', 'data_loss')
),

failures as (
    select * from {{ ref('int_availability_failures') }}
),

outages as (
    select service_id, started_epoch, coalesce(ended_epoch, {{ as_of() }}) as ended_epoch, data_loss_seconds
    from {{ ref('stg_feeds__outages') }}
    where data_loss_seconds is not null and kind <> 'maintenance' and started_epoch <= {{ as_of() }}
),

-- Of several reports of one failure the greatest loss counts.
losses as (
    select failures.scope_number, failures.run_from_at, max(outages.data_loss_seconds) as data_loss_seconds
    from failures
    inner join scopes on failures.scope_number = scopes.scope_number
    inner join outages
        on
            scopes.service_id = outages.service_id
            and outages.started_epoch < failures.to_at
            and outages.ended_epoch > failures.from_at
    group by failures.scope_number, failures.run_from_at
),

measured as (
    select
        scopes.agreement_id,
        scopes.agreement_version,
        scopes.target_id,
        scopes.metric,
        scopes.service_id,
        scopes.threshold_seconds,
        failures.from_at,
        failures.to_at,
        failures.is_open,
        failures.downtime_seconds,
        losses.data_loss_seconds,
        failures.period_start,
        case scopes.metric when 'restore_time' then failures.downtime_seconds else losses.data_loss_seconds end
            as measured_seconds
    from failures
    inner join scopes on failures.scope_number = scopes.scope_number
    left join losses on failures.scope_number = losses.scope_number and failures.run_from_at = losses.run_from_at
),

final as (
    select
        agreement_id,
        agreement_version,
        target_id,
        {{ target_key() }} as target_key,
        metric,
        service_id,
        {{ utc_timestamp('from_at') }} as started_at,
        case when not is_open then {{ utc_timestamp('to_at') }} end as restored_at,
        downtime_seconds as restore_seconds,
        data_loss_seconds,
        threshold_seconds,
        case
            when measured_seconds is null then 'unknown'
            when measured_seconds > threshold_seconds then 'breached'
            when is_open and metric = 'restore_time' then 'running'
            else 'met'
        end as state,
        period_start,
        period_start as date
    from measured
)

select * from final

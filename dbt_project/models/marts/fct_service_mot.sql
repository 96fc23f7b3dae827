-- Grain: service x moment of truth x occurrence that was over at as_of. down_seconds are wall seconds of outage, partial
-- outage or maintenance: when the service must be there, planned absence is absence, too. is_ok is null where nothing
-- was down but not all of the window was measured. chain_: with what the service inherits through dependsOn.
with moments as (
    select * from {{ ref('stg_agreements__moments_of_truth') }} where to_epoch <= {{ as_of() }}
),

occurrences as (
    select row_number() over (order by service_id, moment, from_epoch) as occurrence_number, moments.* from moments
),

evidence as (
    select * from {{ ref('int_outage_evidence') }} where kind <> 'degraded'
),

inherited as (
    select * from {{ ref('int_inherited_conditions') }} where kind <> 'degraded'
),

monitors as (
    select service_id, count(distinct source) as monitor_count
    from {{ ref('stg_feeds__uptime_checks') }}
    where checked_epoch <= {{ as_of() }}
    group by service_id
),

lanes as (
    select
        occurrences.occurrence_number,
        case evidence.kind when 'maintenance' then 'maintenance' when 'unmeasured' then 'unmeasured' else 'down' end as lane,
        greatest(evidence.from_at, occurrences.from_epoch) as from_at,
        least(evidence.to_at, occurrences.to_epoch) as to_at
    from occurrences
    inner join evidence
        on
            occurrences.service_id = evidence.service_id
            and evidence.from_at < occurrences.to_epoch
            and evidence.to_at > occurrences.from_epoch
    union all
    select
        occurrences.occurrence_number,
        'inherited' as lane,
        greatest(inherited.from_at, occurrences.from_epoch) as from_at,
        least(inherited.to_at, occurrences.to_epoch) as to_at
    from occurrences
    inner join inherited
        on
            occurrences.service_id = inherited.service_id
            and inherited.from_at < occurrences.to_epoch
            and inherited.to_at > occurrences.from_epoch
),

swept as (
    {{ sweep('lanes', ['occurrence_number'], ['down', 'maintenance', 'unmeasured', 'inherited']) }}
),

summed as (
    select
        swept.occurrence_number,
        sum(case when swept.down_count + swept.maintenance_count > 0 then swept.to_at - swept.from_at else 0 end)
            as down_seconds,
        sum(case when swept.down_count = 0 and swept.maintenance_count > 0 then swept.to_at - swept.from_at else 0 end)
            as maintenance_seconds,
        sum(
            case
                when swept.down_count + swept.maintenance_count + swept.inherited_count > 0 then swept.to_at - swept.from_at
                else 0
            end
        ) as chain_down_seconds,
        sum(
            case
                when
                    swept.down_count + swept.maintenance_count = 0 and swept.unmeasured_count >= monitors.monitor_count
                    then swept.to_at - swept.from_at
                else 0
            end
        ) as unmeasured_seconds
    from swept
    inner join occurrences on swept.occurrence_number = occurrences.occurrence_number
    left join monitors on occurrences.service_id = monitors.service_id
    where swept.to_at is not null
    group by swept.occurrence_number
),

measured as (
    select
        occurrences.service_id,
        occurrences.moment,
        occurrences.date,
        occurrences.from_epoch,
        occurrences.to_epoch,
        occurrences.weight_ppm,
        cast(coalesce(summed.down_seconds, 0) as bigint) as down_seconds,
        cast(coalesce(summed.maintenance_seconds, 0) as bigint) as maintenance_seconds,
        cast(coalesce(summed.chain_down_seconds, 0) as bigint) as chain_down_seconds,
        cast(coalesce(summed.unmeasured_seconds, 0) as bigint) as unmeasured_seconds
    from occurrences
    left join summed on occurrences.occurrence_number = summed.occurrence_number
),

final as (
    select
        measured.service_id,
        measured.moment,
        measured.date,
        {{ utc_timestamp('measured.from_epoch') }} as started_at,
        {{ utc_timestamp('measured.to_epoch') }} as ended_at,
        measured.weight_ppm,
        measured.down_seconds,
        measured.maintenance_seconds,
        measured.chain_down_seconds,
        measured.unmeasured_seconds,
        case when measured.down_seconds > 0 then false when measured.unmeasured_seconds = 0 then true end as is_ok,
        case when measured.chain_down_seconds > 0 then false when measured.unmeasured_seconds = 0 then true end
            as is_chain_ok,
        periods.period_start
    from measured
    inner join {{ ref('int_project_periods') }} as periods
        on
            {{ utc_day('measured.from_epoch') }} = periods.utc_day
            and measured.from_epoch >= periods.from_epoch
            and measured.from_epoch < periods.to_epoch
)

select * from final

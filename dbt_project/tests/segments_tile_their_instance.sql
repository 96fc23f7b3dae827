{{ config(meta={'dagster': {'ref': {'name': 'fct_sla_clock_segment'}}}) }}
-- The segments of an instance begin with it, end with it, leave no hole, overlap nowhere, and add up to its clock.
with segments as (
    select
        *,
        lag(segment_end_at) over (
            partition by ticket_key, agreement_id, agreement_version, target_id, cycle_number order by segment_start_at
        ) as previous_end_at
    from {{ ref('fct_sla_clock_segment') }}
),

summed as (
    select
        ticket_key,
        agreement_id,
        agreement_version,
        target_id,
        cycle_number,
        min(segment_start_at) as first_start_at,
        max(segment_end_at) as last_end_at,
        sum(on_clock_seconds) as on_clock_seconds,
        count(case when previous_end_at <> segment_start_at then 1 end) as seam_count
    from segments
    group by ticket_key, agreement_id, agreement_version, target_id, cycle_number
)

select instances.ticket_key, instances.target_id, instances.cycle_number
from {{ ref('fct_ticket_sla') }} as instances
left join summed
    on
        instances.ticket_key = summed.ticket_key
        and instances.agreement_id = summed.agreement_id
        and instances.agreement_version = summed.agreement_version
        and instances.target_id = summed.target_id
        and instances.cycle_number = summed.cycle_number
where
    case
        when summed.ticket_key is null
            then
                instances.on_clock_seconds > 0
                or coalesce(instances.stopped_at, {{ utc_timestamp(as_of()) }}) > instances.started_at
        else
            summed.seam_count > 0
            or summed.first_start_at <> instances.started_at
            or summed.last_end_at <> coalesce(instances.stopped_at, {{ utc_timestamp(as_of()) }})
            or summed.on_clock_seconds <> instances.on_clock_seconds
    end

-- One row per ticket target, service and period at whose end (or as_of, if that is earlier) a clock had not stopped:
-- how many were within target, standing in a pause, or over it.
with outcomes as (
    select * from {{ ref('int_sla_outcomes') }} where state <> 'excluded'
),

targets as (
    select * from {{ ref('int_ticket_targets') }} where rule_set = 'agreed'
),

profiles as (
    select profile_number, service_id from {{ ref('int_ticket_profiles') }}
),

periods as (
    select *, least(end_epoch, {{ as_of() }}) as counted_at
    from {{ ref('stg_agreements__reporting_periods') }}
    where start_epoch <= {{ as_of() }}
),

pauses as (
    select lives.instance_number, off_clock.from_at, off_clock.to_at
    from {{ ref('int_sla_off_clock') }} as off_clock
    inner join {{ ref('int_sla_lives') }} as lives on off_clock.clock_number = lives.clock_number
    where off_clock.state = 'pause'
),

still_open as (
    select
        outcomes.instance_number,
        profiles.service_id,
        targets.agreement_id,
        targets.agreement_version,
        targets.target_id,
        periods.period_start,
        periods.counted_at,
        coalesce(outcomes.breached_at < periods.counted_at, false) as is_over
    from outcomes
    inner join targets on outcomes.target_number = targets.target_number
    inner join profiles on outcomes.profile_number = profiles.profile_number
    inner join periods
        on
            targets.agreement_id = periods.agreement_id
            and targets.agreement_version = periods.agreement_version
            and outcomes.started_at <= periods.counted_at
            and (outcomes.stopped_at is null or outcomes.stopped_at > periods.counted_at)
),

paused as (
    select distinct still_open.instance_number, still_open.counted_at
    from still_open
    inner join pauses
        on
            still_open.instance_number = pauses.instance_number
            and still_open.counted_at > pauses.from_at
            and still_open.counted_at <= pauses.to_at
),

final as (
    select
        still_open.agreement_id,
        still_open.agreement_version,
        still_open.target_id,
        still_open.service_id,
        still_open.period_start,
        count(case when not still_open.is_over and paused.instance_number is null then 1 end)
            as open_within_target_count,
        count(case when not still_open.is_over and paused.instance_number is not null then 1 end) as open_paused_count,
        count(case when still_open.is_over then 1 end) as open_breached_count
    from still_open
    left join paused
        on still_open.instance_number = paused.instance_number and still_open.counted_at = paused.counted_at
    group by
        still_open.agreement_id,
        still_open.agreement_version,
        still_open.target_id,
        still_open.service_id,
        still_open.period_start
)

select * from final

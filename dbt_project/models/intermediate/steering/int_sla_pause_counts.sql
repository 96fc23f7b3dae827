-- One row per target, service and period of the agreement in which a clock that can count began to run or to pause:
-- open seconds of the stretches that began in it, the pauses among them, and the tickets concerned.
with verdicts as (
    select * from {{ ref('int_sla_verdicts') }} where state in ('met', 'breached', 'running', 'paused')
),

targets as (
    select * from {{ ref('int_ticket_targets') }} where metric <> 'time_with_supplier'
),

pauses as (
    select * from {{ ref('int_sla_pauses') }}
),

runs as (
    select
        verdicts.ticket_number,
        verdicts.target_number,
        verdicts.service_id,
        intervals.from_at,
        intervals.reading_to - intervals.reading_from as run_seconds
    from {{ ref('int_sla_clock_intervals') }} as intervals
    inner join verdicts on intervals.instance_number = verdicts.instance_number
    where intervals.state = 'run'
),

stretches as (
    select
        ticket_number,
        target_number,
        service_id,
        from_at,
        run_seconds,
        cast(null as bigint) as paused_seconds,
        false as is_pause,
        false as is_without_question,
        false as is_near_breach
    from runs
    union all
    select
        ticket_number,
        target_number,
        service_id,
        from_at,
        0 as run_seconds,
        paused_seconds,
        true as is_pause,
        not is_asked as is_without_question,
        is_near_breach
    from pauses
),

final as (
    select
        targets.agreement_id,
        targets.agreement_version,
        targets.target_id,
        stretches.service_id,
        periods.period_start,
        cast(sum(stretches.run_seconds) as bigint) as run_seconds,
        cast(sum(coalesce(stretches.paused_seconds, 0)) as bigint) as paused_seconds,
        max(stretches.paused_seconds) as longest_pause_seconds,
        count(distinct stretches.ticket_number) as ticket_count,
        count(distinct case when stretches.is_pause then stretches.ticket_number end) as paused_ticket_count,
        count(case when stretches.is_pause then 1 end) as pause_count,
        count(case when stretches.is_without_question then 1 end) as pause_without_question_count,
        count(case when stretches.is_near_breach then 1 end) as pause_near_breach_count,
        count(case when stretches.is_pause and stretches.paused_seconds = 0 then 1 end) as pause_outside_hours_count
    from stretches
    inner join targets on stretches.target_number = targets.target_number
    inner join {{ ref('stg_agreements__period_pieces') }} as periods
        on
            targets.time_zone = periods.time_zone
            and targets.period_type = periods.period_type
            and {{ utc_day('stretches.from_at') }} = periods.utc_day
            and stretches.from_at >= periods.from_epoch
            and stretches.from_at < periods.to_epoch
    group by
        targets.agreement_id,
        targets.agreement_version,
        targets.target_id,
        stretches.service_id,
        periods.period_start
)

select * from final

-- One row per target, service and period of the agreement in which a clock that can count began to run or to pause:
-- open seconds of the stretches that began in it, the pauses among them, and the tickets concerned. A run ends where its
-- calendar closes; a pause lasts through closed hours.
with instances as (
    select *
    from {{ ref('fct_ticket_sla') }}
    where
        state in ('met', 'breached', 'running', 'paused')
        and metric not in ('time_with_supplier', 'max_update_gap')
),

agreements as (
    select * from {{ ref('stg_agreements__agreements') }}
),

runs as (
    select
        instances.agreement_id,
        instances.agreement_version,
        instances.target_id,
        instances.service_id,
        instances.ticket_key,
        {{ epoch_seconds('segments.segment_start_at') }} as from_at,
        segments.on_clock_seconds as run_seconds
    from {{ ref('fct_sla_clock_segment') }} as segments
    inner join instances
        on
            segments.ticket_key = instances.ticket_key
            and segments.agreement_id = instances.agreement_id
            and segments.agreement_version = instances.agreement_version
            and segments.target_id = instances.target_id
            and segments.cycle_number = instances.cycle_number
    where segments.state = 'run'
),

stretches as (
    select
        agreement_id,
        agreement_version,
        target_id,
        service_id,
        ticket_key,
        from_at,
        run_seconds,
        cast(null as bigint) as paused_seconds,
        false as is_pause,
        false as is_without_question,
        false as is_near_breach
    from runs
    union all
    select
        agreement_id,
        agreement_version,
        target_id,
        service_id,
        ticket_key,
        from_at,
        0 as run_seconds,
        paused_seconds,
        true as is_pause,
        not is_asked as is_without_question,
        is_near_breach
    from {{ ref('int_sla_pauses') }}
),

final as (
    select
        stretches.agreement_id,
        stretches.agreement_version,
        stretches.target_id,
        stretches.service_id,
        periods.period_start,
        cast(sum(stretches.run_seconds) as bigint) as run_seconds,
        cast(sum(coalesce(stretches.paused_seconds, 0)) as bigint) as paused_seconds,
        max(stretches.paused_seconds) as longest_pause_seconds,
        count(distinct stretches.ticket_key) as ticket_count,
        count(distinct case when stretches.is_pause then stretches.ticket_key end) as paused_ticket_count,
        count(case when stretches.is_pause then 1 end) as pause_count,
        count(case when stretches.is_without_question then 1 end) as pause_without_question_count,
        count(case when stretches.is_near_breach then 1 end) as pause_near_breach_count,
        count(case when stretches.is_pause and stretches.paused_seconds = 0 then 1 end) as pause_outside_hours_count
    from stretches
    inner join agreements
        on
            stretches.agreement_id = agreements.agreement_id
            and stretches.agreement_version = agreements.agreement_version
    inner join {{ ref('stg_agreements__period_pieces') }} as periods
        on
            agreements.time_zone = periods.time_zone
            and agreements.period_type = periods.period_type
            and {{ utc_day('stretches.from_at') }} = periods.utc_day
            and stretches.from_at >= periods.from_epoch
            and stretches.from_at < periods.to_epoch
    group by
        stretches.agreement_id,
        stretches.agreement_version,
        stretches.target_id,
        stretches.service_id,
        periods.period_start
)

select * from final

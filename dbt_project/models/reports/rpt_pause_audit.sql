-- Grain: target x service x period with a clock in it. A stretch of a clock, running or paused, counts whole in the
-- period in which it began. Seconds are open seconds of the target's calendar.
with counts as (
    select * from {{ ref('int_sla_pause_counts') }}
),

instances as (
    select *
    from {{ ref('fct_ticket_sla') }}
    where state = 'met' and metric not in ('time_with_supplier', 'max_update_gap')
),

-- What the pauses did for the figure: met, but over the target had the clock not stood still.
saved as (
    select
        agreement_id,
        agreement_version,
        target_id,
        service_id,
        period_start,
        count(*) as met_count,
        count(case when on_clock_seconds + paused_seconds > threshold_seconds then 1 end) as met_by_pause_count
    from instances
    where period_start is not null
    group by agreement_id, agreement_version, target_id, service_id, period_start
),

keys as (
    select agreement_id, agreement_version, target_id, service_id, period_start from counts
    union
    select agreement_id, agreement_version, target_id, service_id, period_start from saved
),

final as (
    select
        keys.agreement_id,
        keys.agreement_version,
        agreements.agreement_type,
        agreements.consumer_id as customer_id,
        keys.service_id,
        keys.target_id,
        {{ target_key('keys') }} as target_key,
        targets.metric,
        periods.period_type,
        keys.period_start,
        keys.period_start as date,
        periods.period_end,
        {{ period_status('periods') }} as period_status,
        coalesce(counts.paused_seconds, 0) as paused_seconds,
        coalesce(counts.run_seconds, 0) as run_seconds,
        {{ ratio('counts.paused_seconds', 'counts.paused_seconds + counts.run_seconds') }} as pause_ratio,
        coalesce(counts.ticket_count, 0) as ticket_count,
        coalesce(counts.paused_ticket_count, 0) as paused_ticket_count,
        {{ ratio('counts.paused_ticket_count', 'counts.ticket_count') }} as paused_ticket_ratio,
        coalesce(counts.pause_count, 0) as pause_count,
        coalesce(counts.pause_without_question_count, 0) as pause_without_question_count,
        coalesce(counts.pause_near_breach_count, 0) as pause_near_breach_count,
        coalesce(counts.pause_outside_hours_count, 0) as pause_outside_hours_count,
        counts.longest_pause_seconds,
        coalesce(saved.met_count, 0) as met_count,
        coalesce(saved.met_by_pause_count, 0) as met_by_pause_count
    from keys
    inner join {{ ref('stg_agreements__agreements') }} as agreements
        on
            keys.agreement_id = agreements.agreement_id
            and keys.agreement_version = agreements.agreement_version
    inner join {{ ref('stg_agreements__targets') }} as targets
        on
            keys.agreement_id = targets.agreement_id
            and keys.agreement_version = targets.agreement_version
            and keys.target_id = targets.target_id
    inner join {{ ref('stg_agreements__reporting_periods') }} as periods
        on
            keys.agreement_id = periods.agreement_id
            and keys.agreement_version = periods.agreement_version
            and keys.period_start = periods.period_start
            and periods.is_published
    left join counts
        on
            keys.agreement_id = counts.agreement_id
            and keys.agreement_version = counts.agreement_version
            and keys.target_id = counts.target_id
            and keys.service_id = counts.service_id
            and keys.period_start = counts.period_start
    left join saved
        on
            keys.agreement_id = saved.agreement_id
            and keys.agreement_version = saved.agreement_version
            and keys.target_id = saved.target_id
            and keys.service_id = saved.service_id
            and keys.period_start = saved.period_start
)

select * from final

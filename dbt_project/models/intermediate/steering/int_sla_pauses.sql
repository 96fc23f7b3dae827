-- One row per pause of a clock that can count: a stretch in which it stands in a pausing status, closed hours included.
-- Statuses that follow one another at once are one pause; so is a pause of which a Decision excludes a part. Superseded,
-- cancelled and excluded instances are in no figure and left out, and so is time_with_supplier: what stops that clock
-- is not a pause that anybody chose.
with verdicts as (
    select * from {{ ref('int_sla_verdicts') }} where state in ('met', 'breached', 'running', 'paused')
),

targets as (
    select * from {{ ref('int_ticket_targets') }} where metric <> 'time_with_supplier'
),

intervals as (
    select * from {{ ref('int_sla_clock_intervals') }}
),

statuses as (
    select * from {{ ref('int_ticket_status_intervals') }}
),

messages as (
    select ticket_number, moment
    from {{ ref('int_ticket_events') }}
    where event_type = 'message' and actor_role = 'agent' and is_public
),

paused_instances as (
    select distinct
        verdicts.instance_number,
        verdicts.ticket_number,
        verdicts.target_number,
        verdicts.service_id,
        verdicts.threshold_seconds
    from verdicts
    inner join targets on verdicts.target_number = targets.target_number
    inner join intervals on verdicts.instance_number = intervals.instance_number and intervals.state = 'pause'
),

-- Seconds on the clock before each stretch, and whether the clock ran (or stood resolved) just before it.
ordered as (
    select
        intervals.instance_number,
        intervals.from_at,
        intervals.state,
        case when intervals.state = 'pause' then intervals.reading_to - intervals.reading_from else 0 end as paused_seconds,
        coalesce(
            sum(case when intervals.state = 'run' then intervals.reading_to - intervals.reading_from else 0 end) over (
                partition by intervals.instance_number order by intervals.from_at
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as used_seconds,
        coalesce(
            lag(intervals.state) over (partition by intervals.instance_number order by intervals.from_at)
            not in ('pause', 'excluded'),
            true
        ) as is_after_other_state
    from intervals
    inner join paused_instances on intervals.instance_number = paused_instances.instance_number
),

numbered as (
    select
        *,
        sum(case when is_after_other_state then 1 else 0 end) over (
            partition by instance_number order by from_at
        ) as stretch_number
    from ordered
    where state in ('pause', 'excluded')
),

pauses as (
    select
        instance_number,
        stretch_number,
        min(from_at) as from_at,
        cast(min(used_seconds) as bigint) as used_seconds,
        cast(sum(paused_seconds) as bigint) as paused_seconds
    from numbered
    where state = 'pause'
    group by instance_number, stretch_number
),

-- A clock may begin within a pause of its ticket: what counts is whether the customer was asked when the status began.
asked as (
    select distinct pauses.instance_number, pauses.stretch_number
    from pauses
    inner join paused_instances on pauses.instance_number = paused_instances.instance_number
    inner join statuses
        on
            paused_instances.ticket_number = statuses.ticket_number
            and pauses.from_at >= statuses.from_at
            and (statuses.to_at is null or pauses.from_at < statuses.to_at)
    inner join messages
        on
            statuses.ticket_number = messages.ticket_number
            and statuses.from_at - {{ question_window_seconds() }} <= messages.moment
            and statuses.from_at >= messages.moment
),

final as (
    select
        pauses.instance_number,
        pauses.stretch_number as pause_number,
        paused_instances.ticket_number,
        paused_instances.target_number,
        paused_instances.service_id,
        pauses.from_at,
        pauses.paused_seconds,
        asked.instance_number is not null as is_asked,
        -- Not yet breached, and less than a tenth of the time left.
        pauses.used_seconds <= paused_instances.threshold_seconds
        and (paused_instances.threshold_seconds - pauses.used_seconds) * 10 < paused_instances.threshold_seconds
            as is_near_breach
    from pauses
    inner join paused_instances on pauses.instance_number = paused_instances.instance_number
    left join asked
        on pauses.instance_number = asked.instance_number and pauses.stretch_number = asked.stretch_number
)

select * from final

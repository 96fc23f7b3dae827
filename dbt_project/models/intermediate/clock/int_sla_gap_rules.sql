-- One row per reopening of a ticket, lane, agreement group and metric: does the same clock go on (is_resumed), or has it
-- ended with the resolution (is_break)? The reopen window ends with the windowDays-th local day with open time after
-- the day of resolution, in the calendar of the target whose clock the resolution stopped. Undoing the cancellation or
-- merge that ended the clock always resumes; one of a ticket that was resolved already had ended nothing, and its undoing is
-- a reopening. time_to_close has ended only if the ticket was closed.
with gaps as (
    select * from {{ ref('int_ticket_gaps') }} where gap_to is not null
),

epoch_targets as (
    select *
    from {{ ref('int_ticket_epoch_targets') }}
    where metric in ('time_to_resolve', 'time_to_close', 'max_update_gap', 'time_in_team', 'time_with_supplier')
),

targets as (
    select * from {{ ref('int_ticket_targets') }}
),

calendar_days as (
    select * from {{ ref('stg_agreements__calendar_days') }}
),

reopened as (
    select distinct ticket_number from gaps
),

groups as (
    select
        epoch_targets.ticket_number,
        epoch_targets.lane_number,
        epoch_targets.group_number,
        epoch_targets.metric,
        epoch_targets.group_end_at,
        min(epoch_targets.agreement_number) as agreement_number,
        min(epoch_targets.moment) as group_from_at
    from epoch_targets
    inner join reopened on epoch_targets.ticket_number = reopened.ticket_number
    group by
        epoch_targets.ticket_number,
        epoch_targets.lane_number,
        epoch_targets.group_number,
        epoch_targets.metric,
        epoch_targets.group_end_at
),

-- Also what comes after the group has ended: a breached clock of it runs on.
touched as (
    select
        gaps.*,
        groups.lane_number,
        groups.group_number,
        groups.metric,
        groups.agreement_number,
        groups.group_from_at,
        groups.group_end_at
    from gaps
    inner join groups
        on
            gaps.ticket_number = groups.ticket_number
            and gaps.gap_to >= groups.group_from_at
),

-- Whose clock the resolution stopped: that of the shortest target so far where only upgrades count, else the latest.
in_force as (
    select
        touched.ticket_number,
        touched.gap_number,
        touched.lane_number,
        touched.group_number,
        touched.metric,
        epoch_targets.target_number,
        row_number() over (
            partition by
                touched.ticket_number, touched.gap_number, touched.lane_number, touched.group_number, touched.metric
            order by
                case
                    when targets.priority_change = 'at_clock_start_plus_upgrade' then targets.threshold_seconds
                end asc,
                epoch_targets.moment desc
        ) as precedence
    from touched
    inner join epoch_targets
        on
            touched.ticket_number = epoch_targets.ticket_number
            and touched.lane_number = epoch_targets.lane_number
            and touched.group_number = epoch_targets.group_number
            and touched.metric = epoch_targets.metric
            and epoch_targets.moment <= greatest(touched.gap_from, touched.group_from_at)
    inner join targets on epoch_targets.target_number = targets.target_number
),

modes as (
    select distinct lane_number, agreement_number, reopen_mode from targets
),

-- Where no target applied so far there is no clock to go on; of time_with_supplier, a wait before such a reopening does not
-- begin a clock after it.
group_metrics as (
    select
        touched.*,
        targets.calendar_id,
        targets.reopen_mode,
        targets.reopen_window_days
    from touched
    inner join in_force
        on
            touched.ticket_number = in_force.ticket_number
            and touched.gap_number = in_force.gap_number
            and touched.lane_number = in_force.lane_number
            and touched.group_number = in_force.group_number
            and touched.metric = in_force.metric
            and in_force.precedence = 1
    inner join targets on in_force.target_number = targets.target_number
    union all
    select
        touched.*,
        cast(null as varchar) as calendar_id,
        modes.reopen_mode,
        0 as reopen_window_days
    from touched
    inner join modes
        on touched.lane_number = modes.lane_number and touched.agreement_number = modes.agreement_number
    left join in_force
        on
            touched.ticket_number = in_force.ticket_number
            and touched.gap_number = in_force.gap_number
            and touched.lane_number = in_force.lane_number
            and touched.group_number = in_force.group_number
            and touched.metric = in_force.metric
    where touched.metric = 'time_with_supplier' and in_force.ticket_number is null
),

windows as (
    select
        group_metrics.ticket_number,
        group_metrics.gap_number,
        group_metrics.gap_from,
        group_metrics.gap_to,
        group_metrics.closed_at,
        case
            when group_metrics.metric = 'time_to_close' then group_metrics.is_void_before_closed
            else group_metrics.is_void_from_start
        end as is_ended_by_void,
        group_metrics.lane_number,
        group_metrics.group_number,
        group_metrics.metric,
        group_metrics.reopen_mode,
        group_metrics.reopen_window_days,
        group_metrics.gap_to >= group_metrics.group_from_at
        and (group_metrics.group_end_at is null or group_metrics.gap_to < group_metrics.group_end_at)
            as is_reopened_in_group,
        last_day.day_to as window_end_at
    from group_metrics
    left join calendar_days as resolution_day
        on
            group_metrics.calendar_id = resolution_day.calendar_id
            and {{ utc_day('group_metrics.gap_from') }} = resolution_day.utc_day
            and group_metrics.gap_from >= resolution_day.day_from
            and group_metrics.gap_from < resolution_day.day_to
    left join calendar_days as last_day
        on
            group_metrics.calendar_id = last_day.calendar_id
            and resolution_day.open_day_number + group_metrics.reopen_window_days = last_day.open_day_number
            and last_day.has_open_time = 1
            and {{ utc_day('last_day.day_from') }} = last_day.utc_day
),

judged as (
    select
        *,
        is_ended_by_void
        or (
            reopen_mode = 'resume'
            and reopen_window_days > 0
            and coalesce(gap_to < window_end_at, false)
        ) as is_resumed
    from windows
),

final as (
    select
        ticket_number,
        gap_number,
        lane_number,
        group_number,
        metric,
        gap_from,
        gap_to,
        case when metric = 'time_to_close' then closed_at else gap_from end as stopped_at,
        is_resumed,
        not is_resumed and (metric <> 'time_to_close' or closed_at is not null) as is_break,
        is_reopened_in_group and reopen_mode <> 'ignore' as starts_new_cycle
    from judged
)

select * from final

-- One row per reopening of a ticket, agreement group and metric: does the same clock go on (is_resumed), or has it
-- ended with the resolution (is_break)? The reopen window ends with the windowDays-th local day with open time after
-- the day of resolution, in the calendar of the first target of that metric within the group. Undoing a cancellation
-- or merge always resumes. time_to_close has ended only if the ticket was closed.
with gaps as (
    select * from {{ ref('int_ticket_gaps') }} where gap_to is not null
),

epoch_targets as (
    select * from {{ ref('int_ticket_epoch_targets') }}
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

first_epochs as (
    select
        epoch_targets.ticket_number,
        epoch_targets.group_number,
        epoch_targets.metric,
        epoch_targets.group_end_at,
        min(epoch_targets.moment) as group_from_at
    from epoch_targets
    inner join reopened on epoch_targets.ticket_number = reopened.ticket_number
    group by
        epoch_targets.ticket_number,
        epoch_targets.group_number,
        epoch_targets.metric,
        epoch_targets.group_end_at
),

group_metrics as (
    select
        first_epochs.ticket_number,
        first_epochs.group_number,
        first_epochs.metric,
        first_epochs.group_from_at,
        first_epochs.group_end_at,
        targets.calendar_id,
        targets.reopen_mode,
        targets.reopen_window_days
    from first_epochs
    inner join epoch_targets
        on
            first_epochs.ticket_number = epoch_targets.ticket_number
            and first_epochs.group_number = epoch_targets.group_number
            and first_epochs.metric = epoch_targets.metric
            and first_epochs.group_from_at = epoch_targets.moment
    inner join targets on epoch_targets.target_number = targets.target_number
),

windows as (
    select
        gaps.ticket_number,
        gaps.gap_number,
        gaps.gap_from,
        gaps.gap_to,
        gaps.closed_at,
        gaps.is_void,
        group_metrics.group_number,
        group_metrics.metric,
        group_metrics.reopen_mode,
        group_metrics.reopen_window_days,
        gaps.gap_to >= group_metrics.group_from_at
        and (group_metrics.group_end_at is null or gaps.gap_to < group_metrics.group_end_at) as is_reopened_in_group,
        last_day.day_to as window_end_at
    from gaps
    inner join group_metrics
        on
            gaps.ticket_number = group_metrics.ticket_number
            and gaps.gap_to >= group_metrics.group_from_at
            and (group_metrics.group_end_at is null or gaps.gap_from < group_metrics.group_end_at)
    left join calendar_days as resolution_day
        on
            group_metrics.calendar_id = resolution_day.calendar_id
            and {{ utc_day('gaps.gap_from') }} = resolution_day.utc_day
            and gaps.gap_from >= resolution_day.day_from
            and gaps.gap_from < resolution_day.day_to
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
        is_void
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
        group_number,
        metric,
        gap_from,
        gap_to,
        case when metric = 'time_to_close' then closed_at else gap_from end as stopped_at,
        is_resumed,
        not is_resumed
        and (
            metric = 'time_to_resolve'
            or (metric = 'time_to_close' and closed_at is not null)
        ) as is_break,
        is_reopened_in_group and reopen_mode <> 'ignore' as starts_new_cycle
    from judged
)

select * from final

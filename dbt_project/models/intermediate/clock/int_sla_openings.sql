-- One row per instance: ticket x target x cycle, with the instant its clock starts and the instant it would stop by
-- the ticket's own life. Clocks start at the opening, at a priority upgrade (a target of the same metric with a
-- shorter threshold than any that the cycle has had), at a change of agreement, and at a reopening that begins a new
-- cycle. superseded_at is where a later instance takes over; whether it does depends on the clock (fct_ticket_sla).
with epoch_targets as (
    select * from {{ ref('int_ticket_epoch_targets') }}
),

targets as (
    select * from {{ ref('int_ticket_targets') }}
),

tickets as (
    select ticket_number, opened_epoch from {{ ref('int_tickets') }}
),

assignments as (
    select ticket_number, first_assigned_at from {{ ref('int_ticket_assignments') }}
),

gap_rules as (
    select * from {{ ref('int_sla_gap_rules') }}
),

stops as (
    select * from {{ ref('int_sla_stops') }}
),

new_cycles as (
    select * from gap_rules where is_break and starts_new_cycle
),

cycle_start_epochs as (
    select
        new_cycles.ticket_number,
        new_cycles.metric,
        new_cycles.group_number,
        new_cycles.gap_to as moment,
        max(epoch_targets.epoch_number) as epoch_number
    from new_cycles
    inner join epoch_targets
        on
            new_cycles.ticket_number = epoch_targets.ticket_number
            and new_cycles.metric = epoch_targets.metric
            and new_cycles.group_number = epoch_targets.group_number
            and new_cycles.gap_to >= epoch_targets.moment
    group by new_cycles.ticket_number, new_cycles.metric, new_cycles.group_number, new_cycles.gap_to
),

starts as (
    select
        ticket_number,
        metric,
        group_number,
        group_end_at,
        moment,
        target_number,
        priority_change,
        customer_id,
        service_id,
        priority
    from epoch_targets
    union
    select
        cycle_start_epochs.ticket_number,
        cycle_start_epochs.metric,
        cycle_start_epochs.group_number,
        epoch_targets.group_end_at,
        cycle_start_epochs.moment,
        epoch_targets.target_number,
        epoch_targets.priority_change,
        epoch_targets.customer_id,
        epoch_targets.service_id,
        epoch_targets.priority
    from cycle_start_epochs
    inner join epoch_targets
        on
            cycle_start_epochs.ticket_number = epoch_targets.ticket_number
            and cycle_start_epochs.metric = epoch_targets.metric
            and cycle_start_epochs.epoch_number = epoch_targets.epoch_number
),

-- A clock that starts with the first assignment does not exist before it. greatest() would pass over a missing one.
ruled as (
    select
        starts.ticket_number,
        starts.metric,
        starts.group_number,
        starts.group_end_at,
        starts.moment,
        starts.target_number,
        starts.priority_change,
        starts.customer_id,
        starts.service_id,
        starts.priority,
        tickets.opened_epoch,
        targets.threshold_seconds,
        case
            when targets.clock_start = 'ticket.assigned' and assignments.first_assigned_at is null then null
            when targets.clock_start = 'ticket.assigned' then greatest(starts.moment, assignments.first_assigned_at)
            else starts.moment
        end as started_at,
        targets.no_reply
    from starts
    inner join tickets on starts.ticket_number = tickets.ticket_number
    left join targets on starts.target_number = targets.target_number
    left join assignments on starts.ticket_number = assignments.ticket_number
),

-- Of several values before a clock starts, those at its start count.
started as (
    select
        *,
        lead(moment) over (partition by ticket_number, metric, group_number order by moment) as next_moment
    from ruled
),

-- A start is void while the clock of the metric has ended; the opening itself always counts, even if the ticket was
-- resolved within the same second.
bounded as (
    select
        ruled.ticket_number,
        ruled.metric,
        ruled.group_number,
        ruled.group_end_at,
        ruled.moment,
        ruled.target_number,
        ruled.customer_id,
        ruled.service_id,
        ruled.priority,
        ruled.threshold_seconds,
        ruled.priority_change,
        ruled.started_at,
        -- Twice the instant, plus one if cancelling or merging stopped the clock: the earliest stop, and what it was.
        min(
            case
                when
                    stops.stopped_at >= ruled.moment
                    and (stops.blocked_until_at is null or stops.blocked_until_at > ruled.moment)
                    then stops.stopped_at * 2 + case when stops.is_void then 1 else 0 end
            end
        ) as stop_key,
        count(
            case
                when
                    stops.stopped_at <= ruled.moment
                    and (stops.blocked_until_at is null or stops.blocked_until_at > ruled.moment)
                    then 1
            end
        ) as ended_count,
        count(case when stops.blocked_until_at <= ruled.moment then 1 end) as cycle_index,
        ruled.opened_epoch = ruled.moment as is_opening
    from started as ruled
    left join stops
        on
            ruled.ticket_number = stops.ticket_number
            and ruled.metric = stops.metric
            and (stops.group_number is null or ruled.group_number = stops.group_number)
            and not (stops.is_resolution_without_reply and ruled.no_reply = 'breach')
    where
        ruled.started_at is not null
        and (ruled.group_end_at is null or ruled.started_at < ruled.group_end_at)
        and (ruled.next_moment is null or ruled.next_moment > ruled.started_at)
    group by
        ruled.ticket_number,
        ruled.metric,
        ruled.group_number,
        ruled.group_end_at,
        ruled.moment,
        ruled.target_number,
        ruled.customer_id,
        ruled.service_id,
        ruled.priority,
        ruled.threshold_seconds,
        ruled.priority_change,
        ruled.started_at,
        ruled.opened_epoch
),

compared as (
    select
        *,
        {{ floor_div('stop_key', 2) }} as stopped_at,
        stop_key % 2 = 1 as is_stopped_by_void,
        coalesce(lag(target_number) over cycle, 0) as previous_target_number,
        min(threshold_seconds) over (
            partition by ticket_number, metric, group_number, cycle_index
            order by started_at
            rows between unbounded preceding and 1 preceding
        ) as shortest_so_far
    from bounded
    where
        (ended_count = 0 or is_opening)
        and (stop_key is null or started_at * 2 <= stop_key)
    window cycle as (partition by ticket_number, metric, group_number, cycle_index order by started_at)
),

-- Under `event_time` every change of the target ends the instance before it, also a change to none.
changed as (
    select
        *,
        lead(started_at) over (partition by ticket_number, metric, group_number, cycle_index order by started_at)
            as next_opening_at
    from compared
    where
        (priority_change = 'event_time' and coalesce(target_number, 0) <> previous_target_number)
        or (
            priority_change <> 'event_time'
            and target_number is not null
            and (shortest_so_far is null or threshold_seconds < shortest_so_far)
        )
),

opened as (
    select * from changed where target_number is not null
),

final as (
    select
        row_number() over () as instance_number,
        ticket_number,
        target_number,
        cast(
            row_number() over (partition by ticket_number, target_number order by started_at, cycle_index) as integer
        ) as cycle_number,
        customer_id,
        service_id,
        priority,
        started_at,
        stopped_at,
        coalesce(is_stopped_by_void, false) as is_stopped_by_void,
        coalesce(next_opening_at, group_end_at) as superseded_at,
        group_number
    from opened
)

select * from final

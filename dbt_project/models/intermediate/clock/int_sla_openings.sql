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

ruled as (
    select
        starts.ticket_number,
        starts.metric,
        starts.group_number,
        starts.group_end_at,
        starts.moment,
        starts.target_number,
        starts.customer_id,
        starts.service_id,
        starts.priority,
        tickets.opened_epoch,
        targets.threshold_seconds,
        targets.priority_change,
        case
            when targets.clock_start = 'ticket.assigned' then greatest(starts.moment, assignments.first_assigned_at)
            else starts.moment
        end as started_at,
        targets.clock_start,
        targets.no_reply
    from starts
    inner join tickets on starts.ticket_number = tickets.ticket_number
    inner join targets on starts.target_number = targets.target_number
    left join assignments on starts.ticket_number = assignments.ticket_number
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
        min(case when stops.stopped_at >= ruled.moment then stops.stopped_at end) as stopped_at,
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
    from ruled
    left join stops
        on
            ruled.ticket_number = stops.ticket_number
            and ruled.metric = stops.metric
            and (stops.group_number is null or ruled.group_number = stops.group_number)
            and not (stops.is_resolution_without_reply and ruled.no_reply = 'breach')
    where ruled.started_at is not null
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
        lag(target_number) over cycle as previous_target_number,
        min(threshold_seconds) over (
            partition by ticket_number, metric, group_number, cycle_index
            order by moment
            rows between unbounded preceding and 1 preceding
        ) as shortest_so_far
    from bounded
    where
        (ended_count = 0 or is_opening)
        and (stopped_at is null or started_at <= stopped_at)
    window cycle as (partition by ticket_number, metric, group_number, cycle_index order by moment)
),

opened as (
    select
        *,
        lead(moment) over (partition by ticket_number, metric, group_number, cycle_index order by moment) as next_opening_at
    from compared
    where
        previous_target_number is null
        or (priority_change = 'event_time' and target_number <> previous_target_number)
        or (priority_change <> 'event_time' and threshold_seconds < shortest_so_far)
),

final as (
    select
        row_number() over () as instance_number,
        ticket_number,
        target_number,
        cast(
            row_number() over (partition by ticket_number, target_number order by started_at, moment) as integer
        ) as cycle_number,
        customer_id,
        service_id,
        priority,
        started_at,
        stopped_at,
        coalesce(next_opening_at, group_end_at) as superseded_at,
        group_number
    from opened
)

select * from final

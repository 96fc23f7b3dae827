-- One row per instance: ticket x target x cycle, with the instant its clock starts and the instant it would stop by
-- the ticket's own life. Clocks start with a spell, at a priority upgrade within it (a target of the same metric with a
-- shorter threshold than any that the spell has had) and at a change of agreement. superseded_at is where a later
-- instance takes over; whether it does depends on the clock (int_sla_clocks).
with epoch_targets as (
    select * from {{ ref('int_ticket_epoch_targets') }}
),

targets as (
    select * from {{ ref('int_ticket_targets') }}
),

assignments as (
    select * from {{ ref('int_ticket_first_assignments') }}
),

spells as (
    select * from {{ ref('int_sla_spells') }}
),

-- The values at the start of a spell, and each change of them within it.
entries as (
    select
        spells.spell_id,
        spells.ticket_number,
        spells.group_number,
        spells.spell_number,
        spells.group_end_at,
        spells.stop_key,
        epoch_targets.epoch_number,
        epoch_targets.profile_number,
        epoch_targets.target_number,
        epoch_targets.threshold_seconds,
        epoch_targets.agreement_number,
        greatest(epoch_targets.moment, spells.from_at) as moment
    from spells
    inner join epoch_targets
        on
            spells.ticket_number = epoch_targets.ticket_number
            and spells.lane_number = epoch_targets.lane_number
            and spells.group_number = epoch_targets.group_number
            and spells.metric = epoch_targets.metric
            and (
                spells.stop_key is null
                or spells.stop_key >= epoch_targets.moment * 2 + 2
                or spells.from_at >= epoch_targets.moment
            )
),

-- A clock that starts with the first assignment does not exist before it. greatest() would pass over a missing one.
started as (
    select
        entries.*,
        case
            when targets.clock_start = 'ticket.assigned' and assignments.first_assigned_at is null then null
            when targets.clock_start = 'ticket.assigned' then greatest(entries.moment, assignments.first_assigned_at)
            else entries.moment
        end as started_at,
        lead(entries.moment) over spell as next_moment
    from entries
    left join targets on entries.target_number = targets.target_number
    left join assignments on entries.ticket_number = assignments.ticket_number
    window spell as (partition by entries.spell_id order by entries.epoch_number)
),

-- Of several values before a clock starts, those at its start count.
compared as (
    select
        started.*,
        agreements.priority_change,
        coalesce(lag(started.target_number) over spell, 0) as previous_target_number,
        min(started.threshold_seconds) over (
            partition by started.spell_id order by started.started_at
            rows between unbounded preceding and 1 preceding
        ) as shortest_so_far
    from started
    inner join {{ ref('int_measured_agreements') }} as agreements
        on started.agreement_number = agreements.agreement_number
    where
        started.started_at is not null
        and (started.next_moment is null or started.next_moment > started.started_at)
        and (started.stop_key is null or started.started_at * 2 <= started.stop_key)
        and (started.group_end_at is null or started.started_at < started.group_end_at)
    window spell as (partition by started.spell_id order by started.started_at)
),

-- Under `event_time` every change of the target ends the instance before it, also a change to none.
changed as (
    select
        *,
        lead(started_at) over (partition by spell_id order by started_at) as next_opening_at
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
    select
        ticket_number,
        target_number,
        profile_number,
        row_number() over (
            partition by ticket_number, target_number
            order by started_at, group_number, spell_number
        ) as cycle_number,
        started_at,
        stop_key,
        coalesce(next_opening_at, group_end_at) as superseded_at
    from changed
    where target_number is not null
),

all_instances as (
    select
        ticket_number,
        target_number,
        profile_number,
        1 as cycle_number,
        started_at,
        stop_key,
        cast(null as bigint) as superseded_at
    from {{ ref('int_sla_plain_openings') }}
    union all
    select * from opened
),

-- instance_number follows from its parts: a number given in passing would keep all rows on one thread. There is room
-- for a million cycles of a target on one ticket.
final as (
    select
        (ticket_number * (select count(*) + 1 from targets) + target_number) * 1000000 + cycle_number as instance_number,
        ticket_number,
        target_number,
        profile_number,
        cast(cycle_number as integer) as cycle_number,
        started_at,
        {{ floor_div('stop_key', 2) }} as stopped_at,
        coalesce(stop_key % 2 = 1, false) as is_stopped_by_void,
        case when stop_key is null or superseded_at * 2 + 1 < stop_key then superseded_at end as superseded_at
    from all_instances
)

select * from final

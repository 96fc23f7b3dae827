-- One row per clock as agreed whose start or end an event of its ticket brought about: the ids of those events, as they were
-- received. Null where no event did: the ticket's opening starts a clock, and as_of ends what is known of it. The causes are
-- looked up by instant and kind, which is told from what the clock measures, so that no clock carries them. Of what happens
-- in one second, DECISIONS.md says which is the cause.
with clocks as (
    select
        clocks.clock_number,
        clocks.ticket_number,
        clocks.started_at,
        clocks.ended_at,
        clocks.stopped_at,
        clocks.is_superseded,
        clocks.is_cancelled,
        targets.lane_number,
        targets.story_number,
        targets.metric,
        clocks.cycle_number,
        targets.clock_start = 'ticket.assigned' and targets.metric <> 'time_in_team' as waits_for_assignment
    from {{ ref('int_sla_clocks') }} as clocks
    inner join {{ ref('int_ticket_targets') }} as targets on clocks.target_number = targets.target_number
    where targets.rule_set = 'agreed'
),

-- Laps that a reply begins. The first lap of an instance begins with the instance.
later_laps as (
    select laps.clock_number
    from {{ ref('int_sla_laps') }} as laps
    inner join {{ ref('int_sla_openings') }} as openings on laps.instance_number = openings.instance_number
    where laps.started_at > openings.started_at
),

-- A clock that does not begin with its spell began with a change of priority within it.
spells as (
    select distinct
        spells.ticket_number,
        spells.lane_number,
        spells.metric,
        spells.from_at,
        spells.from_at <= stops.opened_epoch as is_at_opening
    from {{ ref('int_sla_spells') }} as spells
    inner join {{ ref('int_ticket_stops') }} as stops on spells.ticket_number = stops.ticket_number
),

-- Where another agreement, or none, comes to apply: only a change of customer or service brings that about.
turns as (
    select distinct ticket_number, story_number, group_end_at as moment
    from {{ ref('int_ticket_agreements') }}
    where group_end_at is not null
),

-- Each edge with the kind of event that brings it about, and the one to look for if there is none of that kind. Assigned,
-- closed and reopened within one second, the first cycle began with the assignment and the second with the reopening.
edges as (
    select
        clocks.clock_number,
        clocks.ticket_number,
        clocks.started_at as moment,
        true as is_start,
        case
            when later_laps.clock_number is not null then 'reply'
            when clocks.waits_for_assignment and clocks.cycle_number > 1 and not spells.is_at_opening and turns.moment is null
                then 'reopening'
            when clocks.waits_for_assignment then 'assignment'
            when turns.ticket_number is not null or spells.ticket_number is null then null
            when clocks.metric = 'time_to_next_reply' then 'question'
            when clocks.metric = 'time_in_team' then 'handover'
            when clocks.metric = 'time_with_supplier' then 'wait'
        end as kind,
        case
            when later_laps.clock_number is not null then null
            when turns.ticket_number is not null then 'agreement'
            when spells.ticket_number is null then 'priority'
            when clocks.waits_for_assignment and clocks.cycle_number > 1 and not spells.is_at_opening then 'assignment'
            when not spells.is_at_opening then 'reopening'
        end as other_kind
    from clocks
    left join later_laps on clocks.clock_number = later_laps.clock_number
    left join spells
        on
            clocks.ticket_number = spells.ticket_number
            and clocks.lane_number = spells.lane_number
            and clocks.metric = spells.metric
            and clocks.started_at = spells.from_at
    left join turns
        on
            clocks.ticket_number = turns.ticket_number
            and clocks.story_number = turns.story_number
            and clocks.started_at = turns.moment
    union all
    select
        clocks.clock_number,
        clocks.ticket_number,
        clocks.ended_at as moment,
        false as is_start,
        case
            when clocks.stopped_at is null or clocks.ended_at < clocks.stopped_at
                then case when clocks.metric = 'max_update_gap' then 'reply' end
            when clocks.is_superseded then case when turns.ticket_number is null then 'priority' else 'agreement' end
            when clocks.is_cancelled then 'void'
            when clocks.metric in ('time_to_first_response', 'time_to_next_reply') then 'reply'
            when clocks.metric = 'time_to_close' then 'closing'
            else 'resolution'
        end as kind,
        case
            when clocks.stopped_at is null or clocks.is_superseded or clocks.is_cancelled then null
            when clocks.metric in ('time_to_first_response', 'time_to_next_reply') then 'resolution'
            when clocks.metric = 'time_in_team' then 'handover'
        end as other_kind
    from clocks
    left join turns
        on
            clocks.ticket_number = turns.ticket_number
            and clocks.story_number = turns.story_number
            and clocks.ended_at = turns.moment
),

asked as (
    select clock_number, ticket_number, moment, is_start, 1 as precedence, kind from edges where kind is not null
    union all
    select clock_number, ticket_number, moment, is_start, 2 as precedence, other_kind as kind
    from edges
    where other_kind is not null
),

-- A value that is given once more changes nothing.
valued as (
    select
        changes.ticket_number,
        changes.moment,
        changes.event_number,
        changes.event_text,
        changes.event_type,
        changes.value,
        coalesce(
            lag(changes.value) over (
                partition by changes.ticket_number, changes.event_type
                order by changes.moment, changes.event_number nulls last, changes.event_text nulls first
            ),
            case changes.event_type
                when 'team' then tickets.team_id
                when 'customer' then tickets.customer_id
                when 'service' then tickets.service_id
                when 'priority' then tickets.priority
            end
        ) as previous_value
    from {{ ref('int_ticket_changes') }} as changes
    inner join {{ ref('int_tickets') }} as tickets on changes.ticket_number = tickets.ticket_number
),

causes as (
    select
        asked.clock_number,
        asked.is_start,
        asked.precedence,
        asked.kind,
        messages.event_number,
        messages.event_text
    from asked
    inner join {{ ref('int_ticket_message_events') }} as messages
        on
            asked.ticket_number = messages.ticket_number
            and asked.moment = messages.moment
            and case messages.kind when 'reply' then 'reply' when 'customer' then 'question' end = asked.kind
    union all
    select
        asked.clock_number,
        asked.is_start,
        asked.precedence,
        asked.kind,
        valued.event_number,
        valued.event_text
    from asked
    inner join valued
        on
            asked.ticket_number = valued.ticket_number
            and asked.moment = valued.moment
            and (valued.previous_value is null or valued.value <> valued.previous_value)
            and (
                (asked.kind = 'assignment' and valued.event_type = 'team' and valued.previous_value is null)
                or (asked.kind = 'handover' and valued.event_type = 'team')
                or (asked.kind = 'agreement' and valued.event_type in ('customer', 'service'))
                or (asked.kind = 'priority' and valued.event_type = 'priority')
            )
    union all
    select
        asked.clock_number,
        asked.is_start,
        asked.precedence,
        asked.kind,
        statuses.opening_event_number as event_number,
        statuses.opening_event_text as event_text
    from asked
    inner join {{ ref('int_ticket_status_intervals') }} as statuses
        on
            asked.ticket_number = statuses.ticket_number
            and asked.moment = statuses.from_at
            and (
                (asked.kind = 'reopening' and statuses.open_change = 1)
                or (asked.kind = 'wait' and statuses.status = 'waiting_supplier')
                or (asked.kind = 'resolution' and statuses.open_change = -1)
                or (asked.kind = 'closing' and statuses.status = 'closed')
                or (asked.kind = 'void' and statuses.status in ('cancelled', 'merged'))
            )
),

-- Of several events of a kind in one second: of messages, and of what ends a ticket's life, the first; of values and of
-- other statuses the last, which holds.
named as (
    select
        clock_number,
        is_start,
        precedence,
        case
            when kind in ('reply', 'question', 'closing', 'void')
                then {{ event_id_of('min(event_number)', 'min(event_text)') }}
            else coalesce(max(event_text), {{ event_id_of('max(event_number)', 'null') }})
        end as event_id
    from causes
    group by clock_number, is_start, precedence, kind
),

final as (
    select
        clock_number,
        coalesce(
            max(case when is_start and precedence = 1 then event_id end),
            max(case when is_start and precedence = 2 then event_id end)
        ) as opening_event_id,
        coalesce(
            max(case when not is_start and precedence = 1 then event_id end),
            max(case when not is_start and precedence = 2 then event_id end)
        ) as closing_event_id
    from named
    group by clock_number
)

select * from final

-- One row per clock as agreed and stretch in which its ticket has one status and no Decision changes anything: what the
-- evidence is made of. The stretches of a clock tile [started_at, ended_at). Excluded beats resolved_gap beats pause beats
-- run, as in int_sla_off_clock; here running time has its rows too, each with the events at its ends: at those of the clock
-- what started and ended it (int_sla_clock_edges), within it the change of status.
with clocks as (
    select clocks.*, targets.metric, targets.calendar_number
    from {{ ref('int_sla_clocks') }} as clocks
    inner join {{ ref('int_ticket_targets') }} as targets on clocks.target_number = targets.target_number
    where targets.rule_set = 'agreed'
),

clock_edges as (
    select * from {{ ref('int_sla_clock_edges') }}
),

mistakes as (
    {{ undone_voids() }}
),

statuses as (
    select intervals.* replace ({{ status_that_holds('intervals', 'mistakes') }} as status)
    from {{ ref('int_ticket_clock_statuses') }} as intervals
    {{ join_undone_voids('intervals', 'mistakes') }}
),

pauses as (
    select * from {{ ref('int_sla_target_pauses') }}
),

asked as (
    select * from {{ ref('int_ticket_questions') }}
),

exclusions as (
    select * from {{ ref('int_sla_exclusions') }}
),

met as (
    select
        clocks.clock_number,
        clocks.instance_number,
        clocks.calendar_number,
        clocks.metric,
        statuses.status,
        greatest(statuses.from_at, clocks.started_at) as from_at,
        least(coalesce(statuses.to_at, clocks.ended_at), clocks.ended_at) as to_at,
        pauses.status is not null
        and (not pauses.requires_visible_request or asked.interval_number is not null) as is_pausing,
        clocks.started_at >= statuses.from_at as is_first,
        clocks.ended_at <= coalesce(statuses.to_at, clocks.ended_at) as is_last,
        clocks.stopped_at is not null as is_stopped,
        clock_edges.opening_event_id as starting_event_id,
        clock_edges.closing_event_id as ending_event_id,
        case
            when statuses.from_at >= clocks.started_at
                then {{ event_id_of('statuses.opening_event_number', 'statuses.opening_event_text') }}
        end as status_event_id,
        case
            when statuses.to_at <= clocks.ended_at
                then {{ event_id_of('next_statuses.opening_event_number', 'next_statuses.opening_event_text') }}
        end as next_status_event_id
    from clocks
    inner join statuses
        on
            clocks.ticket_number = statuses.ticket_number
            and clocks.ended_at > statuses.from_at
            and (statuses.to_at is null or statuses.to_at > clocks.started_at)
    -- Of several changes in one second the last one holds.
    left join statuses as next_statuses
        on
            statuses.ticket_number = next_statuses.ticket_number
            and statuses.to_at = next_statuses.from_at
            and (next_statuses.to_at is null or next_statuses.to_at > next_statuses.from_at)
    left join clock_edges on clocks.clock_number = clock_edges.clock_number
    left join pauses
        on clocks.target_number = pauses.target_number and statuses.status = pauses.status
    left join asked
        on statuses.ticket_number = asked.ticket_number and statuses.interval_number = asked.interval_number
),

stated as (
    select *, {{ clock_state('metric', 'status', 'is_pausing') }} as state
    from met
    where to_at > from_at
),

-- What started or ended the clock comes before a change of status in the same second. Without such a cause the status is
-- named only if it did something to the clock: had it stand still from its first second, or changed it in that of as_of.
clipped as (
    select
        clock_number,
        instance_number,
        calendar_number,
        from_at,
        to_at,
        state,
        case
            when not is_first then status_event_id
            else coalesce(starting_event_id, case when state <> 'run' then status_event_id end)
        end as opening_event_id,
        case
            when not is_last then next_status_event_id
            else coalesce(ending_event_id, case when not is_stopped then next_status_event_id end)
        end as closing_event_id
    from stated
),

-- Where an accepted Decision cuts a stretch. Few clocks have such edges.
edges as (
    select instance_number, from_at as moment from exclusions
    union
    select instance_number, to_at as moment from exclusions
),

inner_edges as (
    select clipped.clock_number, clipped.from_at as stretch_from_at, edges.moment
    from clipped
    inner join edges
        on
            clipped.instance_number = edges.instance_number
            and clipped.from_at < edges.moment
            and clipped.to_at > edges.moment
),

boundaries as (
    select clock_number, stretch_from_at, moment from inner_edges
    union
    select clock_number, stretch_from_at, stretch_from_at as moment from inner_edges
),

cut as (
    select
        clock_number,
        stretch_from_at,
        moment as from_at,
        lead(moment) over (partition by clock_number, stretch_from_at order by moment) as to_at
    from boundaries
),

pieces as (
    select
        clipped.clock_number,
        clipped.instance_number,
        clipped.calendar_number,
        coalesce(cut.from_at, clipped.from_at) as from_at,
        coalesce(cut.to_at, clipped.to_at) as to_at,
        clipped.state,
        case when coalesce(cut.from_at, clipped.from_at) = clipped.from_at then clipped.opening_event_id end
            as opening_event_id,
        case when cut.to_at is null then clipped.closing_event_id end as closing_event_id
    from clipped
    left join cut
        on clipped.clock_number = cut.clock_number and clipped.from_at = cut.stretch_from_at
),

final as (
    select
        pieces.clock_number,
        pieces.instance_number,
        pieces.calendar_number,
        pieces.from_at,
        pieces.to_at,
        case when exclusions.instance_number is not null then 'excluded' else pieces.state end as state,
        pieces.opening_event_id,
        pieces.closing_event_id
    from pieces
    left join exclusions
        on
            pieces.instance_number = exclusions.instance_number
            and pieces.from_at >= exclusions.from_at
            and pieces.from_at < exclusions.to_at
)

select * from final

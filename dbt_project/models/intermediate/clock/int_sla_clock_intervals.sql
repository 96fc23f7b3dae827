-- One row per instance and stretch of time in which its clock is in one state: [from_at, to_at) with the calendar's
-- reading at both ends, so that open seconds are reading_to - reading_from. State: excluded beats resolved_gap beats
-- paused beats running. The stretches of an instance tile [started_at, stopped_at or as_of).
with openings as (
    select * from {{ ref('int_sla_openings') }}
),

targets as (
    select * from {{ ref('int_ticket_targets') }}
),

statuses as (
    select * from {{ ref('int_ticket_status_intervals') }}
),

pauses as (
    select
        targets.target_number,
        pauses.status,
        pauses.requires_visible_request
    from {{ ref('stg_agreements__target_pauses') }} as pauses
    inner join targets
        on
            pauses.agreement_id = targets.agreement_id
            and pauses.agreement_version = targets.agreement_version
            and pauses.target_id = targets.target_id
),

-- Statuses entered within 15 minutes after a public message of a person: a pause may require that the customer could
-- see the question. 15 minutes is the contract's figure.
asked as (
    select distinct statuses.ticket_number, statuses.interval_number
    from statuses
    inner join (select distinct status from pauses where requires_visible_request) as demanding
        on statuses.status = demanding.status
    inner join {{ ref('int_ticket_events') }} as messages
        on
            statuses.ticket_number = messages.ticket_number
            and messages.event_type = 'message'
            and messages.actor_role = 'agent'
            and messages.is_public
            and statuses.from_at - 900 <= messages.moment
            and statuses.from_at >= messages.moment
),

exclusions as (
    select * from {{ ref('int_sla_exclusions') }}
),

lives as (
    select
        openings.instance_number,
        openings.ticket_number,
        openings.target_number,
        openings.started_at,
        coalesce(openings.stopped_at, {{ as_of() }}) as ended_at,
        openings.superseded_at,
        targets.metric,
        targets.calendar_id
    from openings
    inner join targets on openings.target_number = targets.target_number
),

clipped as (
    select
        lives.instance_number,
        lives.ticket_number,
        lives.calendar_id,
        lives.superseded_at,
        greatest(statuses.from_at, lives.started_at) as from_at,
        least(coalesce(statuses.to_at, {{ as_of() }}), lives.ended_at) as to_at,
        case
            when lives.metric = 'time_to_close' and statuses.status = 'resolved' then 'run'
            when
                statuses.status_class = 'open'
                and pauses.status is not null
                and (not pauses.requires_visible_request or asked.interval_number is not null)
                then 'pause'
            when statuses.status_class = 'open' then 'run'
            when lives.metric = 'time_to_first_response' and statuses.status_class = 'done' then 'run'
            else 'resolved_gap'
        end as state,
        case when statuses.from_at >= lives.started_at then statuses.opening_event_id end as opening_event_id,
        case when statuses.to_at <= lives.ended_at then statuses.closing_event_id end as closing_event_id
    from lives
    inner join statuses
        on
            lives.ticket_number = statuses.ticket_number
            and lives.ended_at > statuses.from_at
            and (statuses.to_at is null or statuses.to_at > lives.started_at)
    left join pauses
        on lives.target_number = pauses.target_number and statuses.status = pauses.status
    left join asked
        on statuses.ticket_number = asked.ticket_number and statuses.interval_number = asked.interval_number
),

-- Where an accepted Decision, or a later instance, cuts a stretch in two. Few instances have such edges.
edges as (
    select instance_number, from_at as moment from exclusions
    union
    select instance_number, to_at as moment from exclusions
    union
    select instance_number, superseded_at as moment from lives where superseded_at is not null
),

inner_edges as (
    select
        clipped.instance_number,
        clipped.from_at as stretch_from_at,
        edges.moment
    from clipped
    inner join edges
        on
            clipped.instance_number = edges.instance_number
            and clipped.from_at < edges.moment
            and clipped.to_at > edges.moment
),

boundaries as (
    select instance_number, stretch_from_at, moment from inner_edges
    union
    select instance_number, stretch_from_at, stretch_from_at as moment from inner_edges
),

cut as (
    select
        instance_number,
        stretch_from_at,
        moment as from_at,
        lead(moment) over (partition by instance_number, stretch_from_at order by moment) as to_at
    from boundaries
),

pieces as (
    select
        clipped.instance_number,
        clipped.ticket_number,
        clipped.calendar_id,
        clipped.superseded_at,
        coalesce(cut.from_at, clipped.from_at) as from_at,
        coalesce(cut.to_at, clipped.to_at) as to_at,
        clipped.state,
        case when coalesce(cut.from_at, clipped.from_at) = clipped.from_at then clipped.opening_event_id end
            as opening_event_id,
        case when cut.to_at is null then clipped.closing_event_id end as closing_event_id
    from clipped
    left join cut
        on clipped.instance_number = cut.instance_number and clipped.from_at = cut.stretch_from_at
    where clipped.to_at > clipped.from_at
),

final as (
    select
        pieces.instance_number,
        pieces.ticket_number,
        pieces.calendar_id,
        pieces.from_at,
        pieces.to_at,
        case when exclusions.instance_number is not null then 'excluded' else pieces.state end as state,
        coalesce(pieces.from_at >= pieces.superseded_at, false) as is_after_supersession,
        {{ reading('from_piece', 'pieces.from_at') }} as reading_from,
        {{ reading('to_piece', 'pieces.to_at') }} as reading_to,
        pieces.opening_event_id,
        pieces.closing_event_id
    from pieces
    left join exclusions
        on
            pieces.instance_number = exclusions.instance_number
            and pieces.from_at >= exclusions.from_at
            and pieces.from_at < exclusions.to_at
    {{ join_piece('from_piece', 'pieces.calendar_id', 'pieces.from_at') }}
    {{ join_piece('to_piece', 'pieces.calendar_id', 'pieces.to_at') }}
)

select * from final

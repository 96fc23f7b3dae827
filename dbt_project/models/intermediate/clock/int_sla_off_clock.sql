-- One row per clock and stretch of its life in which it stands still although nothing has stopped it: pause, resolved_gap
-- or excluded (excluded beats resolved_gap beats pause), with the calendar's reading at both ends, so that the open
-- seconds in it are reading_to - reading_from. All the rest of its life it runs. is_after_supersession: the stretch lies
-- where a later instance may have taken over.
with pauses as (
    select * from {{ ref('int_sla_target_pauses') }}
),

-- A ticket that was resolved once and for all has no clock that stands still for it: those that end with it have ended.
reopened as (
    select ticket_number from {{ ref('int_ticket_stops') }} where is_reopened
),

mistakes as (
    {{ undone_voids() }}
),

statuses as (
    select
        intervals.ticket_number,
        intervals.interval_number,
        {{ status_that_holds('intervals', 'mistakes') }} as status,
        intervals.from_at,
        coalesce(intervals.to_at, {{ as_of() }}) as to_at
    from {{ ref('int_ticket_clock_statuses') }} as intervals
    {{ join_undone_voids('intervals', 'mistakes') }}
    where
        intervals.status_code in (select {{ status_code('status') }} from {{ ref('int_sla_target_pauses') }})
        or intervals.status in ('cancelled', 'merged')
        or (not intervals.is_open and intervals.ticket_number in (select ticket_number from reopened))
),

asked as (
    select * from {{ ref('int_ticket_questions') }}
),

exclusions as (
    select * from {{ ref('int_sla_exclusions') }}
),

met as (
    select
        lives.clock_number,
        lives.calendar_number,
        lives.superseded_at,
        lives.metric,
        statuses.status,
        greatest(statuses.from_at, lives.started_at) as from_at,
        least(statuses.to_at, lives.ended_at) as to_at,
        pauses.status is not null
        and (not pauses.requires_visible_request or asked.interval_number is not null) as is_pausing
    from {{ ref('int_sla_lives') }} as lives
    inner join statuses
        on
            lives.ticket_number = statuses.ticket_number
            and lives.ended_at > statuses.from_at
            and lives.started_at < statuses.to_at
    left join pauses
        on lives.target_number = pauses.target_number and statuses.status = pauses.status
    left join asked
        on statuses.ticket_number = asked.ticket_number and statuses.interval_number = asked.interval_number
),

standing as (
    select
        clock_number,
        calendar_number,
        superseded_at,
        from_at,
        to_at,
        {{ clock_state('metric', 'status', 'is_pausing') }} as state
    from met
),

-- Where an accepted Decision, or a later instance, can cut a stretch in two. Few clocks have such edges.
cut_clocks as (
    select
        lives.clock_number,
        lives.calendar_number,
        lives.superseded_at,
        greatest(exclusions.from_at, lives.started_at) as from_at,
        least(exclusions.to_at, lives.ended_at) as to_at,
        'excluded' as lane
    from exclusions
    inner join {{ ref('int_sla_lives') }} as lives on exclusions.instance_number = lives.instance_number
    where exclusions.from_at < lives.ended_at and exclusions.to_at > lives.started_at
    union all
    select clock_number, calendar_number, superseded_at, superseded_at as from_at, ended_at as to_at, 'after' as lane
    from {{ ref('int_sla_lives') }}
    where superseded_at < ended_at
),

cut_numbers as (
    select distinct clock_number from cut_clocks
),

layers as (
    select clock_number, calendar_number, from_at, to_at, lane from cut_clocks
    union all
    select standing.clock_number, standing.calendar_number, standing.from_at, standing.to_at, standing.state as lane
    from standing
    inner join cut_numbers on standing.clock_number = cut_numbers.clock_number
    where standing.state <> 'run'
),

swept as (
    {{ sweep('layers', ['clock_number', 'calendar_number'], ['excluded', 'resolved_gap', 'pause', 'after']) }}
),

stretches as (
    select
        standing.clock_number,
        standing.calendar_number,
        standing.from_at,
        standing.to_at,
        standing.state,
        false as is_after_supersession
    from standing
    left join cut_numbers on standing.clock_number = cut_numbers.clock_number
    where standing.state <> 'run' and standing.from_at < standing.to_at and cut_numbers.clock_number is null
    union all
    select
        clock_number,
        calendar_number,
        from_at,
        to_at,
        case when excluded_count > 0 then 'excluded' when resolved_gap_count > 0 then 'resolved_gap' else 'pause' end as state,
        after_count > 0 as is_after_supersession
    from swept
    where to_at is not null and excluded_count + resolved_gap_count + pause_count > 0
),

final as (
    select
        stretches.clock_number,
        stretches.calendar_number,
        stretches.from_at,
        stretches.to_at,
        stretches.state,
        stretches.is_after_supersession,
        {{ reading('from_piece', 'stretches.from_at') }} as reading_from,
        {{ reading('to_piece', 'stretches.to_at') }} as reading_to
    from stretches
    {{ join_piece('from_piece', 'stretches.calendar_number', 'stretches.from_at', key='calendar_number') }}
    {{ join_piece('to_piece', 'stretches.calendar_number', 'stretches.to_at', key='calendar_number') }}
)

select * from final

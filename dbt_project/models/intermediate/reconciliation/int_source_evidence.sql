-- One row per ticket of which its source says anything itself: what it says, what we found, and what could explain a
-- difference. Nothing here is read by any other figure.
with tickets as (
    select *
    from {{ ref('fct_ticket') }}
    where
        coalesce(
            cast(source_made_sla as varchar),
            cast(source_reopen_count as varchar),
            cast(source_reassignment_count as varchar),
            cast(source_resolved_at as varchar),
            cast(source_closed_at as varchar)
        ) is not null
),

numbers as (
    select ticket_number, ticket_key from {{ ref('int_tickets') }}
),

clocks as (
    select
        *,
        coalesce({{ epoch_seconds('stopped_at') }}, {{ as_of() }}) - {{ epoch_seconds('started_at') }} as wall_seconds,
        row_number() over (partition by ticket_key, metric order by started_at desc, target_id asc) as from_last
    from {{ ref('fct_ticket_sla') }}
    where metric in ('time_to_first_response', 'time_to_next_reply', 'max_update_gap', 'time_to_resolve', 'time_to_close')
),

-- The tool's flag is about solving; what our other clocks say can only explain it.
judged as (
    select
        ticket_key,
        count(case when metric = 'time_to_resolve' then 1 end) as resolve_count,
        count(case when metric = 'time_to_resolve' and state in ('met', 'breached', 'running', 'paused') then 1 end)
            as counting_count,
        count(case when metric = 'time_to_resolve' and state = 'breached' then 1 end) as breached_count,
        count(case when metric = 'time_to_resolve' and state in ('running', 'paused') then 1 end) as undecided_count,
        count(case when metric = 'time_to_resolve' and state = 'breached' and stopped_at is null then 1 end)
            as open_breached_count,
        count(case when metric = 'time_to_resolve' and state = 'met' and from_last = 1 then 1 end) as last_met_count,
        count(case when metric = 'time_to_resolve' and excluded_seconds > 0 then 1 end) as decided_count,
        count(
            case
                when metric = 'time_to_resolve' and state = 'met' and on_clock_seconds + paused_seconds > threshold_seconds
                    then 1
            end
        ) as saved_by_pause_count,
        count(case when metric = 'time_to_resolve' and state = 'met' and wall_seconds > threshold_seconds then 1 end)
            as saved_by_hours_count,
        count(case when metric <> 'time_to_resolve' and state = 'breached' then 1 end) as other_breached_count
    from clocks
    group by ticket_key
),

gaps as (
    select
        gaps.ticket_number,
        count(case when gaps.gap_to is not null and gaps.is_void_from_start then 1 end) as undone_void_count
    from {{ ref('int_ticket_gaps') }} as gaps
    group by gaps.ticket_number
),

resolutions as (
    select
        ticket_number,
        count(*) as resolution_count,
        min(from_at) as first_resolved_at
    from {{ ref('int_ticket_status_intervals') }}
    where status = 'resolved'
    group by ticket_number
),

team_events as (
    select ticket_number, count(*) as team_event_count
    from {{ ref('int_ticket_changes') }}
    where event_type = 'team'
    group by ticket_number
),

later as (
    select distinct ticket_sources.ticket_source as source, events.ticket_id
    from {{ ref('stg_feeds__ticket_events') }} as events
    inner join {{ ref('stg_control__ticket_sources') }} as ticket_sources on events.source = ticket_sources.source
    where events.occurred_epoch > {{ as_of() }}
),

final as (
    select
        tickets.ticket_key,
        tickets.source,
        tickets.ticket_id,
        tickets.has_quarantined_events,
        later.ticket_id is not null as has_later_events,
        tickets.current_status,
        case when tickets.source_made_sla then 1 when not tickets.source_made_sla then 0 end as source_made_sla,
        tickets.source_reopen_count,
        tickets.source_reassignment_count,
        {{ epoch_seconds('tickets.source_resolved_at') }} as source_resolved_epoch,
        {{ epoch_seconds('tickets.source_closed_at') }} as source_closed_epoch,
        case
            when judged.breached_count > 0 then 0
            when judged.undecided_count = 0 and judged.counting_count > 0 then 1
        end as made_sla,
        tickets.reopen_count,
        tickets.reassignment_count,
        {{ epoch_seconds('tickets.resolved_at') }} as resolved_epoch,
        {{ epoch_seconds('tickets.closed_at') }} as closed_epoch,
        coalesce(judged.resolve_count, 0) as resolve_count,
        coalesce(judged.counting_count, 0) as counting_count,
        coalesce(judged.open_breached_count, 0) > 0 as is_breached_and_open,
        coalesce(judged.last_met_count, 0) > 0 as is_last_clock_met,
        coalesce(judged.decided_count, 0) > 0 as has_excluded_time,
        coalesce(judged.saved_by_pause_count, 0) > 0 as is_saved_by_pause,
        coalesce(judged.saved_by_hours_count, 0) > 0 as is_saved_by_hours,
        coalesce(judged.other_breached_count, 0) > 0 as is_other_breached,
        coalesce(gaps.undone_void_count, 0) as undone_void_count,
        coalesce(resolutions.resolution_count, 0) as resolution_count,
        resolutions.first_resolved_at,
        tickets.team_id is null as is_opened_without_team,
        coalesce(team_events.team_event_count, 0) - tickets.reassignment_count
        - case when tickets.team_id is null and team_events.team_event_count > 0 then 1 else 0 end as repeated_team_count
    from tickets
    inner join numbers on tickets.ticket_key = numbers.ticket_key
    left join judged on tickets.ticket_key = judged.ticket_key
    left join gaps on numbers.ticket_number = gaps.ticket_number
    left join resolutions on numbers.ticket_number = resolutions.ticket_number
    left join team_events on numbers.ticket_number = team_events.ticket_number
    left join later on tickets.source = later.source and tickets.ticket_id = later.ticket_id
)

select * from final

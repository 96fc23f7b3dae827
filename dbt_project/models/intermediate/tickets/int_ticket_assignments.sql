-- One row per ticket: the team that holds it now, when a team first held it, and how often it went from one team to
-- another (the first assignment is not a reassignment).
with tickets as (
    select ticket_number, opened_epoch, team_id from {{ ref('int_tickets') }}
),

events as (
    select * from {{ ref('int_ticket_events') }} where event_type = 'team' and value is not null
),

entries as (
    select ticket_number, moment, event_id, value as team_id
    from events
    union all
    select ticket_number, opened_epoch as moment, cast(null as varchar) as event_id, team_id
    from tickets
    where team_id is not null
),

compared as (
    select
        ticket_number,
        moment,
        team_id,
        lag(team_id) over ticket as previous_team_id,
        lead(team_id) over ticket as next_team_id
    from entries
    window ticket as (partition by ticket_number order by moment, {{ event_order('event_id') }} nulls first)
),

final as (
    select
        ticket_number,
        min(moment) as first_assigned_at,
        max(case when next_team_id is null then team_id end) as current_team_id,
        count(case when team_id <> previous_team_id then 1 end) as reassignment_count
    from compared
    group by ticket_number
)

select * from final

-- One row per ticket that a team ever held: the team that holds it now, when a team first held it, and how often it went
-- from one team to another (the first assignment is not a reassignment).
with tickets as (
    select ticket_number, opened_epoch, team_id from {{ ref('int_tickets') }}
),

events as (
    select ticket_number, moment, event_number, event_text, value
    from {{ ref('int_ticket_changes') }}
    where event_type = 'team'
),

moved as (
    select distinct ticket_number from events
),

entries as (
    select ticket_number, moment, event_number, event_text, value as team_id
    from events
    union all
    select
        tickets.ticket_number,
        tickets.opened_epoch as moment,
        cast(-1 as bigint) as event_number,
        cast(null as varchar) as event_text,
        tickets.team_id
    from tickets
    inner join moved on tickets.ticket_number = moved.ticket_number
    where tickets.team_id is not null
),

compared as (
    select
        ticket_number,
        moment,
        team_id,
        lag(team_id) over ticket as previous_team_id,
        lead(team_id) over ticket as next_team_id
    from entries
    window ticket as (partition by ticket_number order by {{ event_order() }})
),

final as (
    select
        ticket_number,
        min(moment) as first_assigned_at,
        max(case when next_team_id is null then team_id end) as current_team_id,
        count(case when team_id <> previous_team_id then 1 end) as reassignment_count
    from compared
    group by ticket_number
    union all
    select
        tickets.ticket_number,
        tickets.opened_epoch as first_assigned_at,
        tickets.team_id as current_team_id,
        0 as reassignment_count
    from tickets
    left join moved on tickets.ticket_number = moved.ticket_number
    where moved.ticket_number is null and tickets.team_id is not null
)

select * from final

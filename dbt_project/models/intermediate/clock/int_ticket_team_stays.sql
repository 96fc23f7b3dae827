-- One row per ticket and stay with a team that an OLA measures: [from_at, to_at), to_at null while it lasts. Of several
-- teams at one instant the last holds; a repeated team opens no new stay.
with measured_teams as (
    select distinct team_id from {{ ref('int_measured_agreements') }} where team_id is not null
),

tickets as (
    select ticket_number, opened_epoch, team_id from {{ ref('int_tickets') }}
),

holders as (
    select ticket_number from tickets where team_id in (select team_id from measured_teams)
    union
    select ticket_number
    from {{ ref('int_ticket_changes') }}
    where event_type = 'team' and value in (select team_id from measured_teams)
),

entries as (
    select ticket_number, moment, event_number, event_text, value as team_id
    from {{ ref('int_ticket_changes') }}
    where event_type = 'team' and ticket_number in (select ticket_number from holders)
    union all
    select
        ticket_number,
        opened_epoch as moment,
        cast(-1 as bigint) as event_number,
        cast(null as varchar) as event_text,
        team_id
    from tickets
    where team_id is not null and ticket_number in (select ticket_number from holders)
),

held as (
    select *, lead(moment) over story as next_moment
    from entries
    window story as (partition by ticket_number order by {{ event_order() }})
),

compared as (
    select
        *,
        lag(team_id) over story as previous_team_id
    from held
    where next_moment is null or next_moment > moment
    window story as (partition by ticket_number order by moment)
),

stays as (
    select
        ticket_number,
        team_id,
        moment as from_at,
        lead(moment) over (partition by ticket_number order by moment) as to_at
    from compared
    where previous_team_id is null or team_id <> previous_team_id
),

final as (
    select * from stays where team_id in (select team_id from measured_teams)
)

select * from final

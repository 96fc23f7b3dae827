-- One row per ticket and run of one status: [from_at, to_at), to_at null while it lasts. A ticket is `new` from its
-- opening on. A repeated status opens no new interval. gap_number counts the times that the ticket has left the open
-- statuses so far; intervals of one resolved-closed stretch share it.
with tickets as (
    select ticket_number, opened_epoch from {{ ref('int_tickets') }}
),

events as (
    select * from {{ ref('int_ticket_events') }} where event_type = 'status'
),

entries as (
    select ticket_number, moment, event_id, value as status
    from events
    union all
    select ticket_number, opened_epoch as moment, cast(null as varchar) as event_id, 'new' as status
    from tickets
),

compared as (
    select
        ticket_number,
        moment,
        event_id,
        status,
        lag(status) over ticket as previous_status
    from entries
    window ticket as (partition by ticket_number order by moment, {{ event_order('event_id') }} nulls first)
),

changes as (
    select
        *,
        case
            when status in ('resolved', 'closed') then 'done'
            when status in ('cancelled', 'merged') then 'void'
            else 'open'
        end as status_class,
        coalesce(previous_status not in ('resolved', 'closed', 'cancelled', 'merged'), true) as was_open
    from compared
    where previous_status is null or status <> previous_status
),

final as (
    select
        ticket_number,
        row_number() over ticket as interval_number,
        status,
        status_class,
        moment as from_at,
        lead(moment) over ticket as to_at,
        event_id as opening_event_id,
        lead(event_id) over ticket as closing_event_id,
        sum(case when status_class <> 'open' and was_open then 1 else 0 end) over ticket as gap_number
    from changes
    window ticket as (partition by ticket_number order by moment, {{ event_order('event_id') }} nulls first)
)

select
    ticket_number,
    interval_number,
    status,
    status_class,
    from_at,
    to_at,
    opening_event_id,
    closing_event_id,
    cast(gap_number as bigint) as gap_number
from final

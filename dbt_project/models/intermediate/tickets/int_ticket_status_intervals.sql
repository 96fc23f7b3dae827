-- One row per ticket and run of one status: [from_at, to_at), to_at null while it lasts. A ticket is `new` from its
-- opening on. A repeated status opens no new interval. open_change: -1 where the ticket leaves the open statuses, 1
-- where it returns to them, else 0.
with tickets as (
    select ticket_number, opened_epoch from {{ ref('int_tickets') }}
),

entries as (
    select ticket_number, moment, event_number, event_text, {{ status_code('value') }} as status_code
    from {{ ref('int_ticket_events') }}
    where event_type = 'status'
    union all
    select
        ticket_number,
        opened_epoch as moment,
        cast(-1 as bigint) as event_number,
        cast(null as varchar) as event_text,
        {{ status_code("'new'") }} as status_code
    from tickets
),

-- The one sort of all statuses.
placed as (
    select
        ticket_number,
        moment,
        event_number,
        event_text,
        status_code,
        lag(status_code) over story as previous_code,
        row_number() over story as interval_number,
        lead(moment) over story as next_moment
    from entries
    window story as (partition by ticket_number order by {{ event_order() }})
),

-- Where a status is repeated, the interval reaches beyond the repetition: those few tickets are read once more.
repeating as (
    select distinct ticket_number from placed where status_code = previous_code
),

without_repetitions as (
    select
        placed.ticket_number,
        placed.moment,
        placed.event_number,
        placed.event_text,
        placed.status_code,
        placed.previous_code,
        row_number() over story as interval_number,
        lead(placed.moment) over story as next_moment
    from placed
    inner join repeating on placed.ticket_number = repeating.ticket_number
    where placed.previous_code is null or placed.status_code <> placed.previous_code
    window story as (partition by placed.ticket_number order by placed.interval_number)
),

intervals as (
    select placed.*
    from placed
    left join repeating on placed.ticket_number = repeating.ticket_number
    where repeating.ticket_number is null
    union all
    select * from without_repetitions
),

final as (
    select
        ticket_number,
        interval_number,
        {{ status_of('status_code') }} as status,
        moment as from_at,
        next_moment as to_at,
        cast(
            case when {{ status_class(status_of('previous_code')) }} = 'open' then 1 else 0 end * -1
            + case when {{ status_class(status_of('status_code')) }} = 'open' then 1 else 0 end as tinyint
        ) as open_change,
        event_number as opening_event_number,
        event_text as opening_event_text
    from intervals
)

select * from final

-- One row per status that a ticket was given, the opening's `new` first, in order: the one sort of all statuses, and it
-- compares integers only. So the order of events of one instant whose ids are no numbers is left open here, and a status that
-- is repeated has a row each time; int_ticket_mended_steps sees to both.
with events as (
    select * from {{ ref('int_ticket_events') }} where event_type = 'status'
),

tickets as (
    select ticket_number, opened_epoch from {{ ref('int_tickets') }}
),

entries as (
    select ticket_number, moment, event_number, event_text, event_code as status_code
    from events
    union all
    select
        ticket_number,
        opened_epoch as moment,
        cast(-1 as bigint) as event_number,
        cast(null as varchar) as event_text,
        {{ status_code("'new'") }} as status_code
    from tickets
),

final as (
    select
        ticket_number,
        cast(row_number() over story as integer) as step_number,
        status_code,
        lag(status_code) over story as previous_code,
        moment as from_at,
        lead(moment) over story as to_at,
        event_number,
        event_text
    from entries
    window story as (partition by ticket_number order by moment, event_number nulls last)
)

select * from final

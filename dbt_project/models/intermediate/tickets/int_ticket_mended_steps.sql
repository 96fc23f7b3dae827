-- One row per run of one status, for the tickets whose rows in int_ticket_status_steps are not that yet: those given a status
-- they had already, and those with events of one instant whose ids are no numbers. Few tickets have either.
with steps as (
    select * from {{ ref('int_ticket_status_steps') }}
),

unfinished as (
    select distinct ticket_number
    from steps
    where status_code = previous_code or (event_number is null and from_at = to_at)
),

placed as (
    select
        steps.ticket_number,
        steps.from_at as moment,
        steps.event_number,
        steps.event_text,
        steps.status_code,
        lag(steps.status_code) over story as previous_code
    from steps
    inner join unfinished on steps.ticket_number = unfinished.ticket_number
    window story as (partition by steps.ticket_number order by {{ event_order('steps.from_at') }})
),

final as (
    select
        ticket_number,
        cast(row_number() over story as integer) as step_number,
        status_code,
        previous_code,
        moment as from_at,
        lead(moment) over story as to_at,
        event_number,
        event_text
    from placed
    where previous_code is null or status_code <> previous_code
    window story as (partition by ticket_number order by {{ event_order() }})
)

select * from final

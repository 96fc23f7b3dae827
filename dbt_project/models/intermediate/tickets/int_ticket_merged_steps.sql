-- One row per run of one status of a ticket that was given a status it had already: its steps, each with the repetitions
-- that follow it made one, and numbered anew. Few tickets have such.
with steps as (
    select * from {{ ref('int_ticket_status_steps') }}
),

repeating as (
    select distinct ticket_number from steps where status_code = previous_code
),

final as (
    select
        steps.ticket_number,
        cast(row_number() over story as integer) as step_number,
        steps.status_code,
        steps.previous_code,
        steps.from_at,
        lead(steps.from_at) over story as to_at,
        steps.event_number,
        steps.event_text
    from steps
    inner join repeating on steps.ticket_number = repeating.ticket_number
    where steps.previous_code is null or steps.status_code <> steps.previous_code
    window story as (partition by steps.ticket_number order by steps.step_number)
)

select * from final

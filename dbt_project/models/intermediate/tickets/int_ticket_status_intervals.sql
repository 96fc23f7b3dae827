-- One row per ticket and run of one status: [from_at, to_at), to_at null while it lasts. A ticket is `new` from its
-- opening on. A repeated status opens no new interval. open_change: -1 where the ticket leaves the open statuses, 1
-- where it returns to them, else 0. A view: most of it is int_ticket_status_steps as it is.
{{ config(materialized='view') }}

with steps as (
    select * from {{ ref('int_ticket_status_steps') }}
),

mended as (
    select * from {{ ref('int_ticket_mended_steps') }}
),

runs as (
    select steps.*
    from steps
    left join (select distinct ticket_number from mended) as unfinished on steps.ticket_number = unfinished.ticket_number
    where unfinished.ticket_number is null
    union all
    select * from mended
),

final as (
    select
        ticket_number,
        step_number as interval_number,
        status_code,
        {{ event_name('status_code') }} as status,
        from_at,
        to_at,
        {{ is_open_code('status_code') }} as is_open,
        cast(
            case when {{ is_open_code('status_code') }} then 1 else 0 end
            - case when previous_code is null or {{ is_open_code('previous_code') }} then 1 else 0 end as tinyint
        ) as open_change,
        event_number as opening_event_number,
        event_text as opening_event_text
    from runs
)

select * from final

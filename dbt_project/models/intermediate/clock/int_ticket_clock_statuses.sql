-- One row per ticket and run of one status, as clocks live through it: int_ticket_status_intervals, but `new` holds from the
-- opening of the oldest ticket that was merged into it (int_ticket_inherited_openings). given_at: when the ticket itself
-- was given the status.
{{ config(materialized='view') }}

with statuses as (
    select * from {{ ref('int_ticket_status_intervals') }}
),

inherited as (
    select * from {{ ref('int_ticket_inherited_openings') }}
),

final as (
    select
        statuses.ticket_number,
        statuses.interval_number,
        statuses.status_code,
        statuses.status,
        coalesce(inherited.opened_epoch, statuses.from_at) as from_at,
        statuses.from_at as given_at,
        statuses.to_at,
        statuses.is_open,
        statuses.opening_event_number,
        statuses.opening_event_text
    from statuses
    left join inherited on statuses.ticket_number = inherited.ticket_number and statuses.interval_number = 1
)

select * from final

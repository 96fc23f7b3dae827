-- One row per status interval that began within 15 minutes after a reply, of the statuses in which some target pauses only
-- if the customer could see the question. 15 minutes is the contract's figure.
with demanding as (
    select distinct status from {{ ref('stg_agreements__target_pauses') }} where requires_visible_request
),

statuses as (
    select * from {{ ref('int_ticket_status_intervals') }}
),

replies as (
    select ticket_number, moment
    from {{ ref('int_ticket_events') }}
    where event_type = 'message' and {{ is_reply() }}
),

final as (
    select distinct statuses.ticket_number, statuses.interval_number
    from statuses
    inner join demanding on statuses.status = demanding.status
    inner join replies
        on
            statuses.ticket_number = replies.ticket_number
            and statuses.from_at - 900 <= replies.moment
            and statuses.from_at >= replies.moment
)

select * from final

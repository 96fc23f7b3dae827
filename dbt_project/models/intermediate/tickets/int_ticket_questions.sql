-- One row per status interval that began within 15 minutes after a reply, of the statuses in which some target pauses only
-- if the customer could see the question.
with demanding as (
    select distinct status from {{ ref('stg_agreements__target_pauses') }} where requires_visible_request
),

statuses as (
    select ticket_number, interval_number, from_at
    from {{ ref('int_ticket_status_intervals') }}
    where status in (select status from demanding)
),

replies as (
    select ticket_number, moment
    from {{ ref('int_ticket_message_events') }}
    where kind = 'reply' and ticket_number in (select ticket_number from statuses)
),

final as (
    select distinct statuses.ticket_number, statuses.interval_number
    from statuses
    inner join replies
        on
            statuses.ticket_number = replies.ticket_number
            and statuses.from_at - {{ question_window_seconds() }} <= replies.moment
            and statuses.from_at >= replies.moment
)

select * from final

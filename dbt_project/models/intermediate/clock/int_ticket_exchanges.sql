-- One row per ticket and exchange: from the earliest customer message that nobody has answered to the next reply, or to
-- the end of the open stretch in which it began (a cancelling or merging that was undone ends none); stop_key as in
-- int_ticket_stops (twice the instant, plus one for a cancelling or merging), null while it lasts. A message that comes
-- while the ticket is not open counts from the reopening; without one it opens no exchange. Only tickets whose replies
-- are measured are read.
with measured as (
    select distinct ticket_number from {{ ref('int_ticket_epoch_targets') }} where metric = 'time_to_next_reply'
),

messages as (
    select
        ticket_number,
        moment,
        event_number,
        event_text,
        kind = 'reply' as is_reply
    from {{ ref('int_ticket_message_events') }}
    where kind in ('customer', 'reply') and ticket_number in (select ticket_number from measured)
),

gaps as (
    select * from {{ ref('int_ticket_gaps') }}
),

closures as (
    select * from {{ ref('int_ticket_closures') }}
),

-- The first reply after each message, itself included.
answered as (
    select
        *,
        min(case when is_reply then moment end) over (
            partition by ticket_number order by {{ event_order() }}
            rows between current row and unbounded following
        ) as replied_at,
        sum(case when is_reply then 1 else 0 end) over (
            partition by ticket_number order by {{ event_order() }}
            rows between unbounded preceding and current row
        ) as replies_before
    from messages
),

-- A message that found the ticket closed waits for its reopening.
heard as (
    select
        answered.ticket_number,
        answered.replies_before,
        answered.replied_at,
        case when closures.ticket_number is null then answered.moment else closures.closed_to end as heard_at
    from answered
    left join closures
        on
            answered.ticket_number = closures.ticket_number
            and closures.closed_from <= answered.moment
            and (closures.closed_to is null or closures.closed_to > answered.moment)
    where not answered.is_reply
),

-- The end of the open stretch in which it is heard. What happened to the ticket in that very second came before.
bounded as (
    select
        heard.ticket_number,
        heard.replies_before,
        heard.replied_at,
        heard.heard_at,
        min(gaps.gap_from * 2 + case when gaps.is_void_from_start then 1 else 0 end) as gap_stop
    from heard
    left join gaps
        on
            heard.ticket_number = gaps.ticket_number
            and gaps.gap_from > heard.heard_at
            and (gaps.gap_to is null or not gaps.is_void_from_start)
    where heard.heard_at is not null and (heard.replied_at is null or heard.replied_at >= heard.heard_at)
    group by heard.ticket_number, heard.replies_before, heard.replied_at, heard.heard_at
),

-- Messages with the same next reply in the same open stretch are one exchange.
final as (
    select
        ticket_number,
        min(heard_at) as from_at,
        least(replied_at * 2, gap_stop) as stop_key
    from bounded
    group by ticket_number, replies_before, replied_at, gap_stop
)

select * from final

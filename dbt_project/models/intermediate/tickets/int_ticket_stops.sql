-- One row per ticket: the instants at which its life ends the clocks of each metric for good, as twice the instant, plus
-- one if cancelling or merging was what ended it (so that the least of several is the earliest, and says what it was);
-- null while nothing has. A stretch that was reopened ends nothing here (int_sla_gap_rules says what it does).
-- unanswered_stop: the first resolution, which ends a first response unless the agreement counts it as a breach; then only
-- dropped_stop does, the cancelling or merging.
with tickets as (
    select ticket_number, opened_epoch from {{ ref('int_tickets') }}
),

gaps as (
    select
        ticket_number,
        max(
            case when gap_to is null then gap_from * 2 + case when is_void_from_start then 1 else 0 end end
        ) as resolve_stop,
        max(
            case
                when gap_to is null and is_void_before_closed then void_at * 2 + 1
                when gap_to is null then closed_at * 2
            end
        ) as close_stop,
        min(
            case
                when gap_to is null or not is_void_from_start
                    then gap_from * 2 + case when is_void_from_start then 1 else 0 end
            end
        ) as unanswered_stop,
        max(case when gap_to is null then void_at * 2 + 1 end) as dropped_stop,
        max(case when gap_to is not null then 1 else 0 end) = 1 as is_reopened
    from {{ ref('int_ticket_gaps') }}
    group by ticket_number
),

messages as (
    select ticket_number, first_response_at from {{ ref('int_ticket_messages') }}
),

final as (
    select
        tickets.ticket_number,
        tickets.opened_epoch,
        gaps.resolve_stop,
        gaps.close_stop,
        messages.first_response_at * 2 as response_stop,
        gaps.unanswered_stop,
        gaps.dropped_stop,
        coalesce(gaps.is_reopened, false) as is_reopened
    from tickets
    left join gaps on tickets.ticket_number = gaps.ticket_number
    left join messages on tickets.ticket_number = messages.ticket_number
)

select * from final

-- One row per ticket and stretch in which it is not open: resolved, closed, cancelled or merged. gap_to is null while
-- it lasts. is_void: the stretch ended as cancelled or merged. closed_at and void_at: first closing, and first cancelling
-- or merging, within it. is_void_from_start: it began by cancelling or merging, not by resolving or closing; what it began
-- with decides what a reopening does. is_void_before_closed: of the two the former came first, if either came.
with intervals as (
    select
        ticket_number,
        interval_number,
        from_at,
        -- Only the last interval of a stretch can be without an end.
        coalesce(to_at, {{ as_of() }} + 1) as to_at,
        status_code,
        case when open_change = -1 then 1 else 0 end as is_first
    from {{ ref('int_ticket_status_intervals') }}
    where not is_open
),

reopened as (
    select distinct ticket_number
    from {{ ref('int_ticket_status_steps') }}
    where {{ is_open_code('status_code') }} and not {{ is_open_code('previous_code') }}
    union
    select ticket_number from {{ ref('int_ticket_mended_steps') }}
),

-- Only a ticket that was reopened can have more than one; of one whose steps were mended they do not tell.
numbered as (
    select intervals.*, cast(1 as bigint) as gap_number
    from intervals
    left join reopened on intervals.ticket_number = reopened.ticket_number
    where reopened.ticket_number is null
    union all
    select
        intervals.*,
        cast(
            sum(intervals.is_first) over (
                partition by intervals.ticket_number order by intervals.interval_number
            ) as bigint
        ) as gap_number
    from intervals
    inner join reopened on intervals.ticket_number = reopened.ticket_number
),

-- first_of, last_of: the interval's number and its status in one integer, so that the least and the greatest of them tell
-- with which status the stretch began and ended.
gaps as (
    select
        ticket_number,
        gap_number,
        min(from_at) as gap_from,
        max(to_at) as gap_to,
        min(case when status_code = {{ event_codes().index('closed') }} then from_at end) as closed_at,
        min(case when {{ is_void_code('status_code') }} then from_at end) as void_at,
        min(interval_number * 16 + status_code) as first_of,
        max(interval_number * 16 + status_code) as last_of,
        min(
            case
                when status_code <> {{ event_codes().index('resolved') }} then interval_number * 16 + status_code
            end
        ) as first_end_of
    from numbered
    group by ticket_number, gap_number
),

final as (
    select
        ticket_number,
        gap_number,
        gap_from,
        case when gap_to <= {{ as_of() }} then gap_to end as gap_to,
        closed_at,
        void_at,
        {{ is_void_code('last_of % 16') }} as is_void,
        {{ is_void_code('first_of % 16') }} as is_void_from_start,
        coalesce({{ is_void_code('first_end_of % 16') }}, false) as is_void_before_closed
    from gaps
)

select * from final

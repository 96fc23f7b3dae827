-- One row per ticket and stretch in which it is not open: resolved, closed, cancelled or merged. gap_to is null while
-- it lasts. is_void: the stretch ended as cancelled or merged. closed_at and void_at: first closing, and first cancelling
-- or merging, within it. is_void_from_start: it began by cancelling or merging, not by resolving or closing.
with intervals as (
    select * from {{ ref('int_ticket_status_intervals') }} where status_class <> 'open'
),

last_interval as (
    select ticket_number, gap_number, max(interval_number) as interval_number, min(interval_number) as first_interval_number
    from intervals
    group by ticket_number, gap_number
),

final as (
    select
        intervals.ticket_number,
        intervals.gap_number,
        min(intervals.from_at) as gap_from,
        max(case when intervals.interval_number = last_interval.interval_number then intervals.to_at end) as gap_to,
        min(case when intervals.status = 'closed' then intervals.from_at end) as closed_at,
        min(case when intervals.status_class = 'void' then intervals.from_at end) as void_at,
        max(
            case
                when intervals.interval_number = last_interval.interval_number and intervals.status_class = 'void' then 1
                else 0
            end
        ) = 1 as is_void,
        max(
            case
                when intervals.interval_number = last_interval.first_interval_number and intervals.status_class = 'void' then 1
                else 0
            end
        ) = 1 as is_void_from_start
    from intervals
    inner join last_interval
        on intervals.ticket_number = last_interval.ticket_number and intervals.gap_number = last_interval.gap_number
    group by intervals.ticket_number, intervals.gap_number
)

select * from final

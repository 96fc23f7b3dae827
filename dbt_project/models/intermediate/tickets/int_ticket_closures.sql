-- One row per ticket and time in which it is not open for a second: gaps (int_ticket_gaps) that follow one another at once are
-- one closure, for a ticket that is taken up and left again within one second has not been open. closed_to is null while it
-- lasts. is_void_from_start: as of its first gap.
{{ config(materialized='view') }}

with gaps as (
    select * from {{ ref('int_ticket_gaps') }}
),

repeated as (
    select distinct ticket_number from gaps where gap_number > 1
),

starts as (
    select
        gaps.*,
        coalesce(
            gaps.gap_from > lag(gaps.gap_to) over (partition by gaps.ticket_number order by gaps.gap_number), true
        ) as is_first
    from gaps
    inner join repeated on gaps.ticket_number = repeated.ticket_number
),

numbered as (
    select
        *,
        sum(case when is_first then 1 else 0 end) over (partition by ticket_number order by gap_number) as closure_number
    from starts
),

-- Most tickets have one gap, and nothing to join.
final as (
    select
        gaps.ticket_number,
        gaps.gap_from as closed_from,
        gaps.gap_to as closed_to,
        gaps.is_void_from_start
    from gaps
    left join repeated on gaps.ticket_number = repeated.ticket_number
    where repeated.ticket_number is null
    union all
    select
        ticket_number,
        min(gap_from) as closed_from,
        case when count(gap_to) = count(*) then max(gap_to) end as closed_to,
        max(case when is_first and is_void_from_start then 1 else 0 end) = 1 as is_void_from_start
    from numbered
    group by ticket_number, closure_number
)

select * from final

-- One row per ticket and stretch in which it is not open: resolved, closed, cancelled or merged. gap_to is null while
-- it lasts. is_void: the stretch ended as cancelled or merged. closed_at and void_at: first closing, and first cancelling
-- or merging, within it. is_void_from_start: it began by cancelling or merging, not by resolving or closing.
with intervals as (
    select
        ticket_number,
        interval_number,
        from_at,
        to_at,
        status,
        {{ status_class('status') }} = 'void' as is_void,
        case when open_change = -1 then 1 else 0 end as is_first
    from {{ ref('int_ticket_status_intervals') }}
    where {{ status_class('status') }} <> 'open'
),

numbered as (
    select
        *,
        cast(sum(is_first) over (partition by ticket_number order by interval_number) as bigint) as gap_number
    from intervals
),

final as (
    select
        ticket_number,
        gap_number,
        min(from_at) as gap_from,
        -- Only the last interval of a stretch can be without an end.
        case when count(*) = count(to_at) then max(to_at) end as gap_to,
        min(case when status = 'closed' then from_at end) as closed_at,
        min(case when is_void then from_at end) as void_at,
        coalesce(max(case when is_void then interval_number end) = max(interval_number), false) as is_void,
        coalesce(min(case when is_void then interval_number end) = min(interval_number), false) as is_void_from_start
    from numbered
    group by ticket_number, gap_number
)

select * from final

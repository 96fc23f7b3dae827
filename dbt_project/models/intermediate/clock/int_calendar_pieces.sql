-- One row per calendar, UTC day and piece, with the calendar as a number: what the clock reads, packed into integers.
with pieces as (
    select * from {{ ref('stg_agreements__calendar_pieces') }}
),

final as (
    select
        cast(dense_rank() over (order by calendar_id) as integer) as calendar_number,
        calendar_id,
        utc_day,
        piece_from,
        piece_to,
        open_before,
        is_open
    from pieces
)

select * from final

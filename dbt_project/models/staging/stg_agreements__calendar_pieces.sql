with source as (
    select * from {{ source('agreements', 'calendar_piece') }}
),

final as (
    select
        calendar_id,
        utc_day,
        piece_from,
        piece_to,
        open_before,
        is_open
    from source
)

select * from final

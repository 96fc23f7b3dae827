with source as (
    select * from {{ source('agreements', 'calendar_bucket') }}
),

final as (
    select
        calendar_id,
        bucket,
        piece_from,
        open_before,
        open_seconds
    from source
)

select * from final

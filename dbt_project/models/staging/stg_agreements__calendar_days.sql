with source as (
    select * from {{ source('agreements', 'calendar_day') }}
),

final as (
    select
        calendar_id,
        utc_day,
        date,
        day_from,
        day_to,
        has_open_time,
        open_day_number
    from source
)

select * from final

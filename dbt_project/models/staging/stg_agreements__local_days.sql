with source as (
    select * from {{ source('agreements', 'local_day') }}
),

final as (
    select
        time_zone,
        utc_day,
        date,
        day_number,
        day_from,
        day_to
    from source
)

select * from final

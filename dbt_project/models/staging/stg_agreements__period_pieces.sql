with source as (
    select * from {{ source('agreements', 'period_piece') }}
),

final as (
    select
        time_zone,
        period_type,
        utc_day,
        from_epoch,
        to_epoch,
        period_start,
        period_end
    from source
)

select * from final

with source as (
    select * from {{ source('agreements', 'moment_of_truth') }}
),

final as (
    select
        service_id,
        moment,
        time_zone,
        date,
        from_epoch,
        to_epoch,
        weight_ppm
    from source
)

select * from final

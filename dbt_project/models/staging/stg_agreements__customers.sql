with source as (
    select * from {{ source('agreements', 'customer') }}
),

final as (
    select
        customer_id,
        display_name,
        time_zone,
        language
    from source
)

select * from final

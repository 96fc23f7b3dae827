with source as (
    select * from {{ source('agreements', 'service') }}
),

final as (
    select
        service_id,
        display_name,
        owner,
        description
    from source
)

select * from final

with source as (
    select * from {{ source('agreements', 'service_dependency') }}
),

final as (
    select
        service_id,
        depends_on_service_id,
        mode
    from source
)

select * from final

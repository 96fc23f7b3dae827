with source as (
    select * from {{ source('agreements', 'service_failure_set') }}
),

final as (
    select
        service_id,
        set_number,
        member_service_id,
        member_count
    from source
)

select * from final

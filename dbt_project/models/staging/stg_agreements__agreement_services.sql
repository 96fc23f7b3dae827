with source as (
    select * from {{ source('agreements', 'agreement_service') }}
),

final as (
    select
        agreement_id,
        agreement_version,
        service_id,
        tier,
        user_count
    from source
)

select * from final

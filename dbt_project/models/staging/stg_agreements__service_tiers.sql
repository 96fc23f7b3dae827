with source as (
    select * from {{ source('agreements', 'service_tier') }}
),

final as (
    select
        service_id,
        tier,
        price_amount,
        price_currency,
        price_per,
        cost_amount,
        cost_currency,
        cost_per
    from source
)

select * from final

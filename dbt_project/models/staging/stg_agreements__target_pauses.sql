with source as (
    select * from {{ source('agreements', 'target_pause') }}
),

final as (
    select
        agreement_id,
        agreement_version,
        target_id,
        status,
        requires_visible_request
    from source
)

select * from final

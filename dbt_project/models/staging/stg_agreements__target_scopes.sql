with source as (
    select * from {{ source('agreements', 'target_scope') }}
),

final as (
    select
        agreement_id,
        agreement_version,
        target_id,
        scope_key,
        scope_value
    from source
)

select * from final

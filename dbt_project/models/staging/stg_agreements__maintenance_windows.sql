with source as (
    select * from {{ source('agreements', 'maintenance_window') }}
),

final as (
    select
        agreement_id,
        agreement_version,
        calendar_id
    from source
)

select * from final

with source as (
    select * from {{ source('control', 'load_audit') }}
),

final as (
    select
        source,
        feed,
        load_id,
        loaded_at,
        file_count,
        landed_count,
        accepted_count,
        quarantined_count,
        collapsed_count,
        superseded_count,
        after_as_of_count
    from source
)

select * from final

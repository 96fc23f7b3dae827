with source as (
    select * from {{ source('control', 'not_current') }}
),

final as (
    select
        source,
        feed,
        load_id,
        record_number,
        reason
    from source
)

select * from final

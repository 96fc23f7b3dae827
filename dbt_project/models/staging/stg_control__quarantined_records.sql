with source as (
    select * from {{ source('control', 'quarantine') }}
),

final as (
    select
        source,
        feed,
        load_id,
        file,
        line,
        record_id,
        ticket_id,
        column_name,
        reason_code,
        reason,
        original_record,
        is_superseded
    from source
)

select * from final

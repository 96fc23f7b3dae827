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
        -- what the record says is shown between quotes, and may be any text that slipped into the column
        regexp_replace(reason, '".*"', '"…"', 's') as reason,
        is_superseded
    from source
)

select * from final

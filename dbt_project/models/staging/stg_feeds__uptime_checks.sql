with source as (
    select * from {{ source('feeds', 'uptime_checks') }}
),

left_out as (
    select * from {{ ref('stg_control__rows_left_out') }} where feed = 'uptime_checks'
),

final as (
    select
        source.source,
        source.raw_feed,
        source.load_id,
        source.record_number,
        source.file,
        source.line,
        source.service_id,
        {{ epoch_seconds('source.checked_at') }} as checked_epoch,
        source.status,
        source.response_ms,
        source.max_gap_seconds
    from source
    left join left_out
        on
            source.source = left_out.source
            and source.load_id = left_out.load_id
            and source.record_number = left_out.record_number
    where left_out.record_number is null
)

select * from final

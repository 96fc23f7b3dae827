with source as (
    select * from {{ source('feeds', 'outages') }}
),

left_out as (
    select * from {{ ref('stg_control__rows_left_out') }} where feed = 'outages'
),

final as (
    select
        source.source,
        source.raw_feed,
        source.load_id,
        source.record_number,
        source.file,
        source.line,
        source.outage_id,
        source.service_id,
        {{ epoch_seconds('source.started_at') }} as started_epoch,
        {{ epoch_seconds('source.ended_at') }} as ended_epoch,
        source.kind,
        source.attributed_to,
        {{ epoch_seconds('source.detected_at') }} as detected_epoch,
        {{ epoch_seconds('source.notified_at') }} as notified_epoch,
        source.data_loss_seconds,
        {{ epoch_seconds('source.announced_at') }} as announced_epoch,
        source.linked_ticket_id
    from source
    left join left_out
        on
            source.source = left_out.source
            and source.load_id = left_out.load_id
            and source.record_number = left_out.record_number
    where left_out.record_number is null
)

select * from final

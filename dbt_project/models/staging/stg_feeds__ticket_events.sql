with source as (
    select * from {{ source('feeds', 'ticket_events') }}
),

left_out as (
    select * from {{ ref('stg_control__rows_left_out') }} where feed = 'ticket_events'
),

final as (
    select
        source.source,
        source.raw_feed,
        source.load_id,
        source.record_number,
        source.file,
        source.line,
        source.event_id,
        source.ticket_id,
        {{ epoch_seconds('source.occurred_at') }} as occurred_epoch,
        source.event_type,
        -- what a message says is free text, and no model may read it
        case when source.event_type <> 'message' then source.value end as value,
        source.actor_role,
        source.is_public,
        {{ epoch_seconds('source.promised_for') }} as promised_for_epoch,
        {{ epoch_seconds('source.recorded_at') }} as recorded_epoch
    from source
    left join left_out
        on
            source.source = left_out.source
            and source.load_id = left_out.load_id
            and source.record_number = left_out.record_number
    where left_out.record_number is null
)

select * from final

with source as (
    select * from {{ source('feeds', 'tickets') }}
),

left_out as (
    select * from {{ ref('stg_control__rows_left_out') }} where feed = 'tickets'
),

final as (
    select
        source.source,
        source.raw_feed,
        source.load_id,
        source.record_number,
        source.file,
        source.line,
        source.ticket_id,
        source.customer_id,
        source.service_id,
        source.ticket_type,
        source.priority,
        {{ epoch_seconds('source.opened_at') }} as opened_epoch,
        source.requester_id,
        source.team_id,
        source.channel,
        source.category,
        source.parent_ticket_id,
        source.source_made_sla,
        source.source_reopen_count,
        source.source_reassignment_count,
        {{ epoch_seconds('source.source_resolved_at') }} as source_resolved_epoch,
        {{ epoch_seconds('source.source_closed_at') }} as source_closed_epoch
    from source
    left join left_out
        on
            source.source = left_out.source
            and source.load_id = left_out.load_id
            and source.record_number = left_out.record_number
    where left_out.record_number is null
)

select * from final

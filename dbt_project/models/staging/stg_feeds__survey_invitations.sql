with source as (
    select * from {{ source('feeds', 'survey_invitations') }}
),

left_out as (
    select * from {{ ref('stg_control__rows_left_out') }} where feed = 'survey_invitations'
),

final as (
    select
        source.source,
        source.load_id,
        source.record_number,
        source.invitation_id,
        source.instrument_id,
        {{ epoch_seconds('source.sent_at') }} as sent_epoch,
        source.delivered,
        source.response_id,
        source.customer_id,
        source.service_id,
        source.ticket_id
    from source
    left join left_out
        on
            source.source = left_out.source
            and source.load_id = left_out.load_id
            and source.record_number = left_out.record_number
    where left_out.record_number is null
)

select * from final

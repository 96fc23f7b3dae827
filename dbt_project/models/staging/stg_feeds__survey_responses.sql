with source as (
    select * from {{ source('feeds', 'survey_responses') }}
),

left_out as (
    select * from {{ ref('stg_control__rows_left_out') }} where feed = 'survey_responses'
),

final as (
    select
        source.source,
        source.raw_feed,
        source.load_id,
        source.record_number,
        source.file,
        source.line,
        source.response_id,
        source.instrument_id,
        source.item,
        source.score,
        {{ epoch_seconds('source.responded_at') }} as responded_epoch,
        source.customer_id,
        source.service_id,
        source.ticket_id,
        source.team_id,
        source.respondent_role,
        source.position,
        source.weight
    from source
    left join left_out
        on
            source.source = left_out.source
            and source.load_id = left_out.load_id
            and source.record_number = left_out.record_number
    where left_out.record_number is null
)

select * from final

-- Grain: answered item of a survey response, as landed. A wide export has one record behind all items of a response.
with responses as (
    select * from {{ ref('stg_feeds__survey_responses') }} where responded_epoch <= {{ as_of() }}
),

final as (
    select
        source,
        response_id,
        instrument_id,
        item,
        position,
        customer_id,
        raw_feed as feed,
        load_id,
        file,
        line
    from responses
)

select * from final

with source as (
    select * from {{ source('agreements', 'survey_item') }}
),

final as (
    select
        instrument_id,
        item,
        kind,
        scale_min,
        scale_max,
        text
    from source
)

select * from final

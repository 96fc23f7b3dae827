-- Grain: target x service x period. Rows without anything counted are there too, with status no_data.
with counts as (
    select * from {{ ref('int_scorecard_counts') }} where service_id is not null
),

final as (
    {{ scorecard('counts', with_service=true) }}
)

select * from final

-- Grain: metric, with its formula and a sentence that a reader outside IT understands. Each agreed question of a survey is a
-- metric of its own.
with metrics as (
    select * from {{ ref('metrics') }}
),

questions as (
    select distinct metric from {{ ref('stg_agreements__targets') }} where metric like 'survey_item:%'
),

final as (
    select metric, unit, better, formula, plain_text from metrics
    union all
    select questions.metric, metrics.unit, metrics.better, metrics.formula, metrics.plain_text
    from questions
    inner join metrics on metrics.metric = 'survey_item'
)

select * from final

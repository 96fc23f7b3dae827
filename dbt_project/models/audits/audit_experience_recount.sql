-- One row per row of rpt_experience: its answers beside a recount of fct_survey_response. A view: it reads the tables
-- as they are at the audit.
with published as (
    select * from {{ ref('rpt_experience') }}
),

responses as (
    select * from {{ ref('fct_survey_response') }} where is_counted and respondent_role = 'customer'
),

periods as (
    select period_start, min(from_epoch) as from_epoch, max(to_epoch) as to_epoch
    from {{ ref('int_project_periods') }}
    group by period_start
),

final as (
    select
        published.customer_id,
        published.service_id,
        published.item,
        published.kind,
        published.period_start,
        published.response_count as published_count,
        count(responses.response_id) as recounted_count
    from published
    inner join periods on published.period_start = periods.period_start
    left join responses
        on
            published.customer_id = responses.customer_id
            and coalesce(published.service_id, '') = coalesce(responses.service_id, '')
            and published.item = responses.item
            and coalesce(published.kind, '') = coalesce(responses.kind, '')
            and {{ epoch_seconds('responses.responded_at') }} >= periods.from_epoch
            and {{ epoch_seconds('responses.responded_at') }} < periods.to_epoch
    group by
        published.customer_id,
        published.service_id,
        published.item,
        published.kind,
        published.period_start,
        published.response_count
)

select * from final

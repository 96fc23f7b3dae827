-- Grain: response x item, as last answered. Items of instruments nobody declared get the usual scale of their name
-- (csat 1-5, nps 0-10, ces 1-7), else none: they have a mean but no share of satisfied answers.
with responses as (
    select * from {{ ref('stg_feeds__survey_responses') }} where responded_epoch <= {{ as_of() }}
),

ticket_sources as (
    select * from {{ ref('stg_control__ticket_sources') }}
),

items as (
    select * from {{ ref('stg_agreements__survey_items') }}
),

scaled as (
    select
        responses.*,
        ticket_sources.ticket_source,
        coalesce(items.kind, case when responses.item in ('csat', 'nps', 'ces') then responses.item end) as kind,
        coalesce(
            items.scale_min,
            case responses.item when 'csat' then 1.0 when 'nps' then 0.0 when 'ces' then 1.0 end
        ) as scale_min,
        coalesce(
            items.scale_max,
            case responses.item when 'csat' then 5.0 when 'nps' then 10.0 when 'ces' then 7.0 end
        ) as scale_max,
        row_number() over (
            partition by
                responses.source,
                responses.ticket_id,
                case when responses.ticket_id is null then responses.response_id end,
                responses.instrument_id,
                responses.item,
                coalesce(responses.respondent_role, 'customer'),
                coalesce(responses.position, '')
            order by responses.responded_epoch desc, responses.response_id desc
        ) as from_last
    from responses
    inner join ticket_sources on responses.source = ticket_sources.source
    left join items
        on responses.instrument_id = items.instrument_id and responses.item = items.item
),

final as (
    select
        scaled.source,
        scaled.response_id,
        scaled.instrument_id,
        scaled.item,
        scaled.kind,
        scaled.score,
        scaled.scale_min,
        scaled.scale_max,
        scaled.score >= scaled.scale_max - 1 as is_top2,
        case when scaled.kind = 'nps' and scaled.score >= 9 then true when scaled.kind = 'nps' then false end
            as is_promoter,
        case when scaled.kind = 'nps' and scaled.score <= 6 then true when scaled.kind = 'nps' then false end
            as is_detractor,
        scaled.customer_id,
        scaled.service_id,
        case when scaled.ticket_id is not null then scaled.ticket_source || ':' || scaled.ticket_id end
            as ticket_key,
        scaled.ticket_id,
        scaled.team_id,
        coalesce(scaled.respondent_role, 'customer') as respondent_role,
        scaled.position,
        scaled.weight,
        {{ utc_timestamp('scaled.responded_epoch') }} as responded_at,
        periods.period_start,
        days.date,
        scaled.from_last = 1 as is_counted
    from scaled
    left join {{ ref('int_project_periods') }} as periods
        on
            {{ utc_day('scaled.responded_epoch') }} = periods.utc_day
            and scaled.responded_epoch >= periods.from_epoch
            and scaled.responded_epoch < periods.to_epoch
    {{ join_project_day('scaled.responded_epoch') }}
)

select * from final

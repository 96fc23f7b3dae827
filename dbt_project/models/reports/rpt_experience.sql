-- Grain: customer x service x item x period of the project's zone. service_id is null for answers about no service in
-- particular. Only customers' own answers count, one per ticket.
with responses as (
    select * from {{ ref('fct_survey_response') }} where is_counted and respondent_role = 'customer'
),

invitations as (
    select * from {{ ref('int_survey_invitations') }}
),

dated as (
    select
        responses.*,
        periods.period_start,
        periods.period_end
    from responses
    inner join {{ ref('int_project_periods') }} as periods
        on
            {{ utc_day(epoch_seconds('responses.responded_at')) }} = periods.utc_day
            and {{ epoch_seconds('responses.responded_at') }} >= periods.from_epoch
            and {{ epoch_seconds('responses.responded_at') }} < periods.to_epoch
    where periods.period_start >= {{ first_period_start() }}
),

answered as (
    select
        customer_id,
        service_id,
        item,
        kind,
        period_start,
        period_end,
        count(*) as response_count,
        count(case when is_top2 then 1 end) as top2_count,
        count(is_top2) as scaled_count,
        count(case when is_promoter then 1 end) as promoter_count,
        count(case when is_detractor then 1 end) as detractor_count,
        -- in one order: the last digit of a sum of fractions depends on it, and the same build gives the same bytes
        avg(score order by score) as mean_score,
        case when count(*) > 1 then stddev_samp(score order by score) end as score_deviation,
        min(instrument_id) as instrument_id,
        count(distinct instrument_id) as instrument_count
    from dated
    group by customer_id, service_id, item, kind, period_start, period_end
),

instruments as (
    select distinct customer_id, service_id, item, period_start, instrument_id from dated
),

invited as (
    select
        instruments.customer_id,
        instruments.service_id,
        instruments.item,
        instruments.period_start,
        count(distinct invitations.source || ':' || invitations.invitation_id) as invitation_count
    from instruments
    inner join invitations
        on
            instruments.instrument_id = invitations.instrument_id
            and instruments.customer_id = invitations.customer_id
            and coalesce(instruments.service_id, '') = coalesce(invitations.service_id, '')
            and instruments.period_start = invitations.period_start
    group by instruments.customer_id, instruments.service_id, instruments.item, instruments.period_start
),

joined as (
    select
        answered.*,
        coalesce(invited.invitation_count, 0) as invitation_count
    from answered
    left join invited
        on
            answered.customer_id = invited.customer_id
            and coalesce(answered.service_id, '') = coalesce(invited.service_id, '')
            and answered.item = invited.item
            and answered.period_start = invited.period_start
),

final as (
    select
        customer_id,
        service_id,
        item,
        kind,
        {{ project_period_type() }} as period_type,
        period_start,
        period_start as date,
        period_end,
        response_count,
        invitation_count,
        case when invitation_count >= response_count then {{ ratio('response_count', 'invitation_count') }} end
            as response_ratio,
        top2_count,
        {{ ratio('top2_count', 'scaled_count') }} as top2_ratio,
        {{ wilson('top2_count', 'scaled_count', 'low') }} as top2_ci_low_ratio,
        {{ wilson('top2_count', 'scaled_count', 'high') }} as top2_ci_high_ratio,
        mean_score,
        mean_score - 1.959963984540054e0 * score_deviation / sqrt(response_count) as mean_ci_low,
        mean_score + 1.959963984540054e0 * score_deviation / sqrt(response_count) as mean_ci_high,
        promoter_count,
        detractor_count,
        case when kind = 'nps' then 100e0 * (promoter_count - detractor_count) / response_count end as nps,
        case
            when kind = 'nps' then
                100e0 * (promoter_count - detractor_count) / response_count
                - {{ nps_margin('promoter_count', 'detractor_count', 'response_count') }}
        end as nps_ci_low,
        case
            when kind = 'nps' then
                100e0 * (promoter_count - detractor_count) / response_count
                + {{ nps_margin('promoter_count', 'detractor_count', 'response_count') }}
        end as nps_ci_high,
        case
            when invitation_count >= response_count and scaled_count > 0
                then {{ ratio('top2_count', 'invitation_count') }}
        end as worst_case_low_ratio,
        case
            when invitation_count >= response_count and scaled_count > 0
                then {{ ratio('top2_count + invitation_count - response_count', 'invitation_count') }}
        end as worst_case_high_ratio
    from joined
)

select * from final

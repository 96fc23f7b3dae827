-- One row per survey target, service (null = answers about no service in particular) and period with answers. Good:
-- csat in the top two of the scale; ces and survey_item at or above the objective's value (ces: 5 unless said);
-- nps promoters less detractors, which may be negative.
with responses as (
    select * from {{ ref('fct_survey_response') }} where is_counted and respondent_role = 'customer'
),

targets as (
    select *
    from {{ ref('stg_agreements__targets') }}
    where metric in ('csat', 'nps', 'ces') or survey_item is not null
),

agreements as (
    select * from {{ ref('stg_agreements__agreements') }} where is_measured and agreement_type = 'SLA'
),

listed as (
    select * from {{ ref('stg_agreements__agreement_services') }}
),

answered as (
    select
        targets.agreement_id,
        targets.agreement_version,
        targets.target_id,
        targets.metric,
        targets.threshold_value,
        agreements.time_zone,
        agreements.period_type,
        responses.service_id,
        responses.score,
        responses.is_top2,
        responses.is_promoter,
        responses.is_detractor,
        {{ epoch_seconds('responses.responded_at') }} as responded_epoch
    from responses
    inner join agreements on responses.customer_id = agreements.consumer_id
    inner join targets
        on
            agreements.agreement_id = targets.agreement_id
            and agreements.agreement_version = targets.agreement_version
            and (
                (targets.survey_item is null and targets.metric = responses.kind)
                or targets.survey_item = responses.item
            )
    left join listed
        on
            agreements.agreement_id = listed.agreement_id
            and agreements.agreement_version = listed.agreement_version
            and responses.service_id = listed.service_id
    where
        {{ epoch_seconds('responses.responded_at') }} >= agreements.valid_from_epoch
        and (
            agreements.valid_to_epoch is null
            or {{ epoch_seconds('responses.responded_at') }} < agreements.valid_to_epoch
        )
        and (responses.service_id is null or listed.service_id is not null or agreements.covers_all_services)
),

final as (
    select
        answered.agreement_id,
        answered.agreement_version,
        answered.target_id,
        answered.service_id,
        periods.period_start,
        cast(
            sum(
                case
                    when answered.metric = 'csat' then case when answered.is_top2 then 1 else 0 end
                    when answered.metric = 'nps'
                        then
                            case when answered.is_promoter then 1 else 0 end
                            - case when answered.is_detractor then 1 else 0 end
                    when answered.metric = 'ces'
                        then case when answered.score >= coalesce(answered.threshold_value, 5) then 1 else 0 end
                    when answered.score >= answered.threshold_value then 1
                    else 0
                end
            ) as bigint
        ) as numerator,
        count(*) as denominator
    from answered
    inner join {{ ref('stg_agreements__period_pieces') }} as periods
        on
            answered.time_zone = periods.time_zone
            and answered.period_type = periods.period_type
            and {{ utc_day('answered.responded_epoch') }} = periods.utc_day
            and answered.responded_epoch >= periods.from_epoch
            and answered.responded_epoch < periods.to_epoch
    group by
        answered.agreement_id,
        answered.agreement_version,
        answered.target_id,
        answered.service_id,
        periods.period_start
)

select * from final

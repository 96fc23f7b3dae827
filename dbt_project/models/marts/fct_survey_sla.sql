-- Grain: survey target x answer that it counts, in the period of the target's agreement. Good: csat in the top two of
-- the scale; ces and survey_item at or above the objective's value (ces: 5 unless said); nps promoters less detractors,
-- so that numerator_part is -1, 0 or 1. An answer that several targets count has a row for each. A listed service beats
-- "*": an answer about a service that an agreement of the customer lists on that day counts for no agreement that covers
-- all services.
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

tickets as (
    select ticket_key, ticket_type, priority, category, channel from {{ ref('fct_ticket') }}
),

listings as (
    select
        agreements.consumer_id,
        listed.service_id,
        agreements.valid_from_epoch,
        coalesce(agreements.valid_to_epoch, {{ end_of_time() }}) as valid_to_epoch
    from listed
    inner join agreements
        on
            listed.agreement_id = agreements.agreement_id
            and listed.agreement_version = agreements.agreement_version
),

listed_answers as (
    select distinct responses.source, responses.response_id, responses.instrument_id, responses.item
    from responses
    inner join listings
        on
            responses.customer_id = listings.consumer_id
            and responses.service_id = listings.service_id
            and {{ epoch_seconds('responses.responded_at') }} >= listings.valid_from_epoch
            and {{ epoch_seconds('responses.responded_at') }} < listings.valid_to_epoch
),

scopes as (
    select * from {{ ref('stg_agreements__target_scopes') }}
),

-- A target with a scope counts answers about tickets that the scope admits: every key of it, by one of its values.
admitted as (
    select
        responses.source,
        responses.response_id,
        responses.instrument_id,
        responses.item,
        coalesce(responses.position, '') as position,
        scopes.agreement_id,
        scopes.agreement_version,
        scopes.target_id,
        count(*) as satisfied_key_count
    from responses
    inner join tickets on responses.ticket_key = tickets.ticket_key
    inner join scopes
        on
            scopes.scope_value = case scopes.scope_key
                when 'ticket_type' then tickets.ticket_type
                when 'priority' then tickets.priority
                when 'category' then tickets.category
                when 'channel' then tickets.channel
            end
    group by
        responses.source,
        responses.response_id,
        responses.instrument_id,
        responses.item,
        coalesce(responses.position, ''),
        scopes.agreement_id,
        scopes.agreement_version,
        scopes.target_id
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
        responses.source,
        responses.response_id,
        responses.instrument_id,
        responses.item,
        responses.position,
        responses.customer_id,
        responses.service_id,
        responses.ticket_key,
        responses.score,
        responses.is_top2,
        responses.is_promoter,
        responses.is_detractor,
        responses.responded_at,
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
    left join listed_answers
        on
            responses.source = listed_answers.source
            and responses.response_id = listed_answers.response_id
            and responses.instrument_id = listed_answers.instrument_id
            and responses.item = listed_answers.item
    left join admitted
        on
            responses.source = admitted.source
            and responses.response_id = admitted.response_id
            and responses.instrument_id = admitted.instrument_id
            and responses.item = admitted.item
            and coalesce(responses.position, '') = admitted.position
            and targets.agreement_id = admitted.agreement_id
            and targets.agreement_version = admitted.agreement_version
            and targets.target_id = admitted.target_id
    where
        coalesce(admitted.satisfied_key_count, 0) = targets.scope_key_count
        and {{ epoch_seconds('responses.responded_at') }} >= agreements.valid_from_epoch
        and (
            agreements.valid_to_epoch is null
            or {{ epoch_seconds('responses.responded_at') }} < agreements.valid_to_epoch
        )
        and (
            responses.service_id is null
            or listed.service_id is not null
            or (agreements.covers_all_services and listed_answers.response_id is null)
        )
),

final as (
    select
        answered.agreement_id,
        answered.agreement_version,
        answered.target_id,
        {{ target_key('answered') }} as target_key,
        answered.metric,
        answered.source,
        answered.response_id,
        answered.instrument_id,
        answered.item,
        answered.position,
        answered.customer_id,
        answered.service_id,
        answered.ticket_key,
        answered.score,
        answered.responded_at,
        periods.period_start,
        periods.period_start as date,
        cast(
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
            end as bigint
        ) as numerator_part
    from answered
    inner join {{ ref('stg_agreements__period_pieces') }} as periods
        on
            answered.time_zone = periods.time_zone
            and answered.period_type = periods.period_type
            and {{ utc_day('answered.responded_epoch') }} = periods.utc_day
            and answered.responded_epoch >= periods.from_epoch
            and answered.responded_epoch < periods.to_epoch
)

select * from final

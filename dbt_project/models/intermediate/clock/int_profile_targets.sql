-- One row per profile, agreement version, ticket metric and set of rules: the target with the most scope keys among those
-- whose scope admits the profile. Ties are refused when agreements are validated.
with profile_agreements as (
    select * from {{ ref('int_profile_agreements') }}
),

profiles as (
    select * from {{ ref('int_ticket_profiles') }}
),

targets as (
    select * from {{ ref('stg_agreements__targets') }} where is_measured and metric in {{ ticket_clocks() }}
),

ruled as (
    select * from {{ ref('int_ticket_targets') }}
),

scopes as (
    select * from {{ ref('stg_agreements__target_scopes') }}
),

candidates as (
    select
        profile_agreements.profile_number,
        profile_agreements.agreement_number,
        targets.agreement_id,
        targets.agreement_version,
        targets.target_id,
        targets.metric,
        targets.scope_key_count,
        profiles.ticket_type,
        profiles.priority,
        profiles.category,
        profiles.channel
    from profile_agreements
    inner join targets
        on
            profile_agreements.agreement_id = targets.agreement_id
            and profile_agreements.agreement_version = targets.agreement_version
    inner join profiles on profile_agreements.profile_number = profiles.profile_number
),

-- A scope key is satisfied by one matching row; a target by as many satisfied keys as it has.
satisfied as (
    select
        candidates.profile_number,
        candidates.agreement_number,
        candidates.agreement_id,
        candidates.agreement_version,
        candidates.target_id,
        candidates.metric,
        candidates.scope_key_count,
        count(scopes.scope_key) as satisfied_key_count
    from candidates
    left join scopes
        on
            candidates.agreement_id = scopes.agreement_id
            and candidates.agreement_version = scopes.agreement_version
            and candidates.target_id = scopes.target_id
            and scopes.scope_value = case scopes.scope_key
                when 'ticket_type' then candidates.ticket_type
                when 'priority' then candidates.priority
                when 'category' then candidates.category
                when 'channel' then candidates.channel
            end
    group by
        candidates.profile_number,
        candidates.agreement_number,
        candidates.agreement_id,
        candidates.agreement_version,
        candidates.target_id,
        candidates.metric,
        candidates.scope_key_count
),

ranked as (
    select
        *,
        row_number() over (
            partition by profile_number, agreement_number, metric
            order by scope_key_count desc, target_id asc
        ) as precedence
    from satisfied
    where satisfied_key_count = scope_key_count
),

final as (
    select
        ranked.profile_number,
        ranked.agreement_number,
        ranked.metric,
        ranked.target_id,
        ruled.rule_set,
        ruled.lane_number,
        ruled.target_number,
        ruled.threshold_seconds
    from ranked
    inner join ruled
        on
            ranked.agreement_id = ruled.agreement_id
            and ranked.agreement_version = ruled.agreement_version
            and ranked.target_id = ruled.target_id
    where ranked.precedence = 1
)

select * from final

-- One row per measured target, service and published period from the start of validity to as_of, with or without
-- anything counted; and one for every later period in which an instance of the agreement was still decided. Under "*"
-- the services are those that ever had an instance. service_id is null only for answers about no service in
-- particular, which count for the target as a whole.
with targets as (
    select * from {{ ref('stg_agreements__targets') }} where is_measured
),

agreements as (
    select * from {{ ref('stg_agreements__agreements') }}
),

listed as (
    select agreement_id, agreement_version, service_id from {{ ref('stg_agreements__agreement_services') }}
),

periods as (
    select * from {{ ref('stg_agreements__reporting_periods') }} where is_published and start_epoch <= {{ as_of() }}
),

ticket_counts as (
    select * from {{ ref('int_ticket_sla_counts') }}
),

open_counts as (
    select * from {{ ref('int_ticket_sla_open_counts') }}
),

availability as (
    select * from {{ ref('int_availability_periods') }}
),

recovery as (
    select * from {{ ref('int_recovery_counts') }}
),

survey_counts as (
    select * from {{ ref('int_survey_counts') }}
),

instances as (
    select distinct agreement_id, agreement_version, service_id from {{ ref('fct_ticket_sla') }}
),

measured as (
    select
        agreements.agreement_id,
        agreements.agreement_version,
        targets.target_id,
        agreements.covers_all_services,
        agreements.valid_to_epoch
    from agreements
    inner join targets
        on
            agreements.agreement_id = targets.agreement_id
            and agreements.agreement_version = targets.agreement_version
),

covered as (
    select measured.agreement_id, measured.agreement_version, measured.target_id, listed.service_id
    from measured
    inner join listed
        on
            measured.agreement_id = listed.agreement_id
            and measured.agreement_version = listed.agreement_version
    union
    select measured.agreement_id, measured.agreement_version, measured.target_id, instances.service_id
    from measured
    inner join instances
        on
            measured.agreement_id = instances.agreement_id
            and measured.agreement_version = instances.agreement_version
    union
    select agreement_id, agreement_version, target_id, service_id from availability
    union
    select scopes.agreement_id, scopes.agreement_version, scopes.target_id, scopes.service_id
    from {{ ref('int_availability_scopes') }} as scopes
    inner join {{ ref('int_availability_spans') }} as spans on scopes.scope_number = spans.scope_number
    where scopes.metric in ('restore_time', 'data_loss')
    union
    select agreement_id, agreement_version, target_id, service_id from survey_counts where service_id is not null
),

expected as (
    select
        covered.agreement_id,
        covered.agreement_version,
        covered.target_id,
        covered.service_id,
        periods.period_start
    from covered
    inner join measured
        on
            covered.agreement_id = measured.agreement_id
            and covered.agreement_version = measured.agreement_version
            and covered.target_id = measured.target_id
    inner join periods
        on
            covered.agreement_id = periods.agreement_id
            and covered.agreement_version = periods.agreement_version
            and (measured.valid_to_epoch is null or periods.start_epoch < measured.valid_to_epoch)
),

keys as (
    select agreement_id, agreement_version, target_id, service_id, period_start from expected
    union
    select agreement_id, agreement_version, target_id, service_id, period_start from ticket_counts
    union
    select agreement_id, agreement_version, target_id, service_id, period_start from open_counts
    union
    select agreement_id, agreement_version, target_id, service_id, period_start from survey_counts
),

final as (
    select
        keys.agreement_id,
        keys.agreement_version,
        keys.target_id,
        keys.service_id,
        keys.period_start,
        coalesce(ticket_counts.numerator, availability.numerator, recovery.numerator, survey_counts.numerator, 0)
            as numerator,
        coalesce(ticket_counts.denominator, availability.denominator, recovery.denominator, survey_counts.denominator, 0)
            as denominator,
        coalesce(ticket_counts.excluded_count, 0) as excluded_count,
        coalesce(
            ticket_counts.numerator_without_exclusions,
            availability.numerator,
            recovery.numerator,
            survey_counts.numerator,
            0
        ) as numerator_without_exclusions,
        coalesce(
            ticket_counts.denominator_without_exclusions,
            availability.denominator,
            recovery.denominator,
            survey_counts.denominator,
            0
        ) as denominator_without_exclusions,
        coalesce(open_counts.open_within_target_count, 0) as open_within_target_count,
        coalesce(open_counts.open_paused_count, 0) as open_paused_count,
        coalesce(open_counts.open_breached_count, 0) as open_breached_count,
        availability.error_budget_seconds
    from keys
    inner join periods
        on
            keys.agreement_id = periods.agreement_id
            and keys.agreement_version = periods.agreement_version
            and keys.period_start = periods.period_start
    left join ticket_counts
        on
            keys.agreement_id = ticket_counts.agreement_id
            and keys.agreement_version = ticket_counts.agreement_version
            and keys.target_id = ticket_counts.target_id
            and keys.service_id = ticket_counts.service_id
            and keys.period_start = ticket_counts.period_start
    left join open_counts
        on
            keys.agreement_id = open_counts.agreement_id
            and keys.agreement_version = open_counts.agreement_version
            and keys.target_id = open_counts.target_id
            and keys.service_id = open_counts.service_id
            and keys.period_start = open_counts.period_start
    left join availability
        on
            keys.agreement_id = availability.agreement_id
            and keys.agreement_version = availability.agreement_version
            and keys.target_id = availability.target_id
            and keys.service_id = availability.service_id
            and keys.period_start = availability.period_start
    left join recovery
        on
            keys.agreement_id = recovery.agreement_id
            and keys.agreement_version = recovery.agreement_version
            and keys.target_id = recovery.target_id
            and keys.service_id = recovery.service_id
            and keys.period_start = recovery.period_start
    left join survey_counts
        on
            keys.agreement_id = survey_counts.agreement_id
            and keys.agreement_version = survey_counts.agreement_version
            and keys.target_id = survey_counts.target_id
            and coalesce(keys.service_id, '') = coalesce(survey_counts.service_id, '')
            and keys.period_start = survey_counts.period_start
)

select * from final

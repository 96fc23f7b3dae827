-- One row per availability target and service it covers: listed services, and under "*" those of which anything is
-- known. Validity is clipped at as_of. valid_to_at is exclusive.
with agreements as (
    select * from {{ ref('stg_agreements__agreements') }} where is_measured and agreement_type = 'SLA'
),

targets as (
    select * from {{ ref('stg_agreements__targets') }} where metric = 'availability'
),

listed as (
    select agreement_id, agreement_version, service_id from {{ ref('stg_agreements__agreement_services') }}
),

evident as (
    select service_id from {{ ref('stg_feeds__outages') }}
    union
    select service_id from {{ ref('stg_feeds__uptime_checks') }}
),

known as (
    select services.service_id
    from {{ ref('stg_agreements__services') }} as services
    inner join evident on services.service_id = evident.service_id
),

covered as (
    select agreement_id, agreement_version, service_id from listed
    union
    select agreements.agreement_id, agreements.agreement_version, known.service_id
    from agreements
    cross join known
    where agreements.covers_all_services
),

final as (
    select
        row_number() over (
            order by targets.agreement_id, targets.agreement_version, targets.target_id, covered.service_id
        ) as scope_number,
        agreements.agreement_id,
        agreements.agreement_version,
        targets.target_id,
        covered.service_id,
        targets.calendar_id,
        targets.target_ppm,
        agreements.time_zone,
        agreements.period_type,
        agreements.valid_from_epoch as valid_from_at,
        agreements.valid_to_epoch as agreed_to_at,
        least(coalesce(agreements.valid_to_epoch, {{ as_of() }}), {{ as_of() }}) as valid_to_at,
        agreements.min_outage_seconds,
        agreements.weight_outage_ppm,
        agreements.weight_partial_ppm,
        agreements.weight_degraded_ppm,
        ',' || coalesce(agreements.exclude_attributed_to, '') || ',' as excluded_parties,
        agreements.excluded_time,
        agreements.unmeasured
    from targets
    inner join agreements
        on
            targets.agreement_id = agreements.agreement_id
            and targets.agreement_version = agreements.agreement_version
    inner join covered
        on
            targets.agreement_id = covered.agreement_id
            and targets.agreement_version = covered.agreement_version
    where agreements.valid_from_epoch < {{ as_of() }}
)

select * from final

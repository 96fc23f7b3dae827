-- One row per target of availability, restore_time or data_loss, service it covers, and view of the service: `own` is
-- its own trouble, `chain` adds what it inherits from services it depends on (only where there are any). is_counted
-- marks the view that the agreement's verdict is on; targets of single outages have no other. Listed services are
-- covered, and under "*" those of which anything is known.
with agreements as (
    select * from {{ ref('stg_agreements__agreements') }} where is_measured and valid_from_epoch < {{ as_of() }}
),

targets as (
    select * from {{ ref('stg_agreements__targets') }} where metric in ('availability', 'restore_time', 'data_loss')
),

listed as (
    select
        agreement_id,
        agreement_version,
        service_id,
        user_count
    from {{ ref('stg_agreements__agreement_services') }}
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

dependent as (
    select distinct service_id from {{ ref('stg_agreements__service_failure_sets') }}
),

covered as (
    select
        agreement_id,
        agreement_version,
        service_id,
        user_count
    from listed
    union all
    select
        agreements.agreement_id,
        agreements.agreement_version,
        known.service_id,
        cast(null as bigint) as user_count
    from agreements
    cross join known
    where agreements.covers_all_services
),

views as (
    select
        covered.*,
        'own' as view_of_service,
        dependent.service_id is not null as has_chain
    from covered
    left join dependent on covered.service_id = dependent.service_id
    union all
    select
        covered.*,
        'chain' as view_of_service,
        true as has_chain
    from covered
    inner join dependent on covered.service_id = dependent.service_id
),

judged as (
    select
        agreements.agreement_id,
        agreements.agreement_version,
        targets.target_id,
        targets.metric,
        views.service_id,
        views.view_of_service,
        views.user_count,
        views.has_chain,
        (agreements.inherited_downtime = 'counted' and views.has_chain) = (views.view_of_service = 'chain') as is_counted,
        targets.calendar_id,
        targets.target_ppm,
        targets.threshold_seconds,
        agreements.time_zone,
        agreements.period_type,
        agreements.min_outage_seconds,
        agreements.weight_outage_ppm,
        agreements.weight_partial_ppm,
        agreements.weight_degraded_ppm,
        ',' || coalesce(agreements.exclude_attributed_to, '') || ',' as excluded_parties,
        agreements.excluded_time,
        agreements.unmeasured,
        agreements.has_maintenance_terms,
        agreements.maintenance_announced_seconds,
        agreements.maintenance_monthly_seconds,
        agreements.maintenance_windows <> '' as has_maintenance_windows
    from targets
    inner join agreements
        on
            targets.agreement_id = agreements.agreement_id
            and targets.agreement_version = agreements.agreement_version
    inner join views
        on
            targets.agreement_id = views.agreement_id
            and targets.agreement_version = views.agreement_version
),

final as (
    select
        row_number() over (order by agreement_id, agreement_version, target_id, service_id, view_of_service)
            as scope_number,
        judged.*
    from judged
    where is_counted or metric = 'availability'
)

select * from final

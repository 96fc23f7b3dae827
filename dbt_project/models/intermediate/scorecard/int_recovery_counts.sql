-- One row per recovery target, service and period with failures whose outcome is certain.
with recoveries as (
    select * from {{ ref('fct_outage_recovery') }} where state in ('met', 'breached')
),

final as (
    select
        agreement_id,
        agreement_version,
        target_id,
        service_id,
        period_start,
        count(case when state = 'met' then 1 end) as numerator,
        count(*) as denominator
    from recoveries
    group by agreement_id, agreement_version, target_id, service_id, period_start
)

select * from final

-- One row per ticket target, service, period and rule with anything counted under it.
with attribution as (
    select * from {{ ref('int_attribution_counts') }}
),

final as (
    select
        agreement_id,
        agreement_version,
        target_id,
        service_id,
        period_start,
        'attribution' as rule_kind,
        rule,
        numerator,
        denominator
    from attribution
)

select * from final

-- One row per survey target, service (null = answers about no service in particular) and period with answers: sums of
-- what each answer adds.
with answers as (
    select * from {{ ref('fct_survey_sla') }}
),

final as (
    select
        agreement_id,
        agreement_version,
        target_id,
        service_id,
        period_start,
        cast(sum(numerator_part) as bigint) as numerator,
        count(*) as denominator
    from answers
    group by agreement_id, agreement_version, target_id, service_id, period_start
)

select * from final

-- Grain: target of an agreement version.
with targets as (
    select * from {{ ref('stg_agreements__targets') }}
),

final as (
    select
        agreement_id,
        agreement_version,
        {{ agreement_key() }} as agreement_key,
        target_id,
        {{ target_key() }} as target_key,
        metric,
        description,
        objective_op,
        cast(threshold_seconds as bigint) as threshold_seconds,
        threshold_value,
        cast(target_ppm as double) / 1000000 as target_ratio,
        calendar_id,
        clock_start,
        per
    from targets
)

select * from final

with source as (
    select * from {{ source('agreements', 'target') }}
),

final as (
    select
        agreement_id,
        agreement_version,
        target_id,
        metric,
        survey_item,
        objective_op,
        threshold_seconds,
        threshold_value,
        target_ppm,
        calendar_id,
        clock_start,
        per,
        scope_key_count,
        is_measured,
        description
    from source
)

select * from final

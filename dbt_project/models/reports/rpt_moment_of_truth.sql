-- Grain: service x period of the project's zone with moments of truth that were over at as_of: the weight of those in
-- which the service was there, of all of which it is known.
with occurrences as (
    select * from {{ ref('fct_service_mot') }} where period_start >= {{ first_period_start() }}
),

summed as (
    select
        service_id,
        period_start,
        count(*) as occurrence_count,
        count(case when is_ok then 1 end) as ok_count,
        count(is_ok) as known_count,
        cast(sum(case when is_ok then weight_ppm else 0 end) as bigint) as ok_weight_ppm,
        cast(sum(case when is_ok is not null then weight_ppm else 0 end) as bigint) as known_weight_ppm,
        cast(sum(case when is_chain_ok then weight_ppm else 0 end) as bigint) as chain_ok_weight_ppm,
        cast(sum(case when is_chain_ok is not null then weight_ppm else 0 end) as bigint) as chain_known_weight_ppm,
        cast(sum(down_seconds) as bigint) as down_seconds
    from occurrences
    group by service_id, period_start
),

final as (
    select
        service_id,
        {{ project_period_type() }} as period_type,
        period_start,
        period_start as date,
        occurrence_count,
        ok_count,
        known_count,
        ok_weight_ppm,
        known_weight_ppm,
        {{ ratio('ok_weight_ppm', 'known_weight_ppm') }} as moment_availability_ratio,
        chain_ok_weight_ppm,
        chain_known_weight_ppm,
        {{ ratio('chain_ok_weight_ppm', 'chain_known_weight_ppm') }} as chain_moment_availability_ratio,
        down_seconds
    from summed
)

select * from final

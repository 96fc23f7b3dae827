{# The columns of a scorecard row from its counts: one definition for the row of a service and the row of a target.
   counts: a CTE of int_scorecard_counts at either grain; with_service: whether it has service_id. #}
{% macro scorecard(counts, with_service) -%}
    select
        counts.agreement_id,
        counts.agreement_version,
        agreements.agreement_type,
        agreements.consumer_id as customer_id,
        {% if with_service %}counts.service_id,{% endif %}
        counts.target_id,
        {{ target_key('counts') }} as target_key,
        targets.metric,
        periods.period_type,
        counts.period_start,
        counts.period_start as date,
        periods.period_end,
        case when periods.closes_at_epoch <= {{ as_of() }} then 'closed' else 'running' end as period_status,
        cast(counts.numerator as bigint) as numerator,
        cast(counts.denominator as bigint) as denominator,
        {{ ratio('counts.numerator', 'counts.denominator') }} as attainment_ratio,
        cast(targets.target_ppm as double) / 1000000 as target_ratio,
        case
            when counts.denominator = 0 then 'no_data'
            when {{ reaches('counts.numerator', 'counts.denominator', 'targets.target_ppm') }} then 'met'
            else 'missed'
        end as status,
        coalesce(
            counts.denominator > 0
            and {{ reaches('counts.numerator', 'counts.denominator', 'targets.target_ppm') }}
            and case
                when targets.metric = 'availability'
                    then (counts.denominator - counts.numerator) * 4 >= counts.error_budget_seconds * 3
                when targets.metric = 'nps'
                    then not {{ reaches('(counts.numerator - 1)', 'counts.denominator + 1', 'targets.target_ppm') }}
                else not {{ reaches('counts.numerator', 'counts.denominator + 1', 'targets.target_ppm') }}
            end,
            false
        ) as is_at_risk,
        counts.denominator > 0
        and targets.metric <> 'availability'
        and counts.denominator < agreements.low_volume_min_denominator as is_low_volume,
        case
            when targets.metric not in ('availability', 'nps')
                then {{ wilson('counts.numerator', 'counts.denominator', 'low') }}
        end as ci_low_ratio,
        case
            when targets.metric not in ('availability', 'nps')
                then {{ wilson('counts.numerator', 'counts.denominator', 'high') }}
        end as ci_high_ratio,
        cast(counts.excluded_count as bigint) as excluded_count,
        cast(counts.numerator_without_exclusions as bigint) as numerator_without_exclusions,
        cast(counts.denominator_without_exclusions as bigint) as denominator_without_exclusions,
        cast(counts.open_within_target_count as bigint) as open_within_target_count,
        cast(counts.open_paused_count as bigint) as open_paused_count,
        cast(counts.open_breached_count as bigint) as open_breached_count
    from {{ counts }} as counts
    inner join {{ ref('stg_agreements__agreements') }} as agreements
        on
            counts.agreement_id = agreements.agreement_id
            and counts.agreement_version = agreements.agreement_version
    inner join {{ ref('stg_agreements__targets') }} as targets
        on
            counts.agreement_id = targets.agreement_id
            and counts.agreement_version = targets.agreement_version
            and counts.target_id = targets.target_id
    inner join {{ ref('stg_agreements__reporting_periods') }} as periods
        on
            counts.agreement_id = periods.agreement_id
            and counts.agreement_version = periods.agreement_version
            and counts.period_start = periods.period_start
{%- endmacro %}

-- Grain: agreement version, with the policies in force.
with agreements as (
    select * from {{ ref('stg_agreements__agreements') }}
),

final as (
    select
        agreement_id,
        agreement_version,
        {{ agreement_key() }} as agreement_key,
        agreement_type,
        display_name,
        provider_id,
        consumer_id,
        status,
        is_measured,
        {{ utc_timestamp('valid_from_epoch') }} as valid_from_at,
        {{ utc_timestamp('valid_to_epoch') }} as valid_to_at,
        time_zone,
        period_type,
        due_working_days,
        close_after_working_days,
        attribution,
        reopen_mode,
        reopen_window_days,
        priority_change,
        no_reply,
        zero_denominator,
        low_volume_min_denominator,
        excluded_time,
        exclude_attributed_to,
        unmeasured,
        cast(min_outage_seconds as bigint) as min_outage_seconds,
        cast(weight_outage_ppm as double) / 1000000 as outage_weight_ratio,
        cast(weight_partial_ppm as double) / 1000000 as partial_weight_ratio,
        cast(weight_degraded_ppm as double) / 1000000 as degraded_weight_ratio,
        has_maintenance_terms,
        maintenance_announced_seconds,
        maintenance_windows,
        maintenance_monthly_seconds,
        inherited_downtime,
        staleness_seconds,
        covers_all_services
    from agreements
)

select * from final

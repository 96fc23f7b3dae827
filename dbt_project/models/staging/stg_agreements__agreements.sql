with source as (
    select * from {{ source('agreements', 'agreement') }}
),

final as (
    select
        agreement_id,
        agreement_version,
        agreement_type,
        display_name,
        provider_id,
        consumer_id,
        status,
        is_measured,
        valid_from_epoch,
        valid_to_epoch,
        time_zone,
        period_type,
        due_working_days,
        close_after_working_days,
        attribution,
        reopen_mode,
        reopen_window_days,
        priority_change,
        zero_denominator,
        low_volume_min_denominator,
        excluded_time,
        unmeasured,
        min_outage_seconds,
        weight_outage_ppm,
        weight_partial_ppm,
        weight_degraded_ppm,
        exclude_attributed_to,
        has_maintenance_terms,
        maintenance_announced_seconds,
        maintenance_monthly_seconds,
        maintenance_windows,
        inherited_downtime,
        no_reply,
        staleness_seconds,
        covers_all_services,
        workload_limit_tickets,
        workload_limit_per
    from source
)

select * from final

-- One row per target that is measured on tickets, with the policies of its agreement version: what the clock models
-- need to know of a contract.
with targets as (
    select *
    from {{ ref('stg_agreements__targets') }}
    where metric in ('time_to_first_response', 'time_to_resolve', 'time_to_close')
),

agreements as (
    select * from {{ ref('stg_agreements__agreements') }} where is_measured and agreement_type = 'SLA'
),

final as (
    select
        row_number() over (
            order by targets.agreement_id, targets.agreement_version, targets.target_id
        ) as target_number,
        targets.agreement_id,
        targets.agreement_version,
        targets.target_id,
        targets.metric,
        targets.threshold_seconds,
        targets.target_ppm,
        targets.calendar_id,
        targets.clock_start,
        agreements.time_zone,
        agreements.period_type,
        agreements.attribution,
        agreements.reopen_mode,
        agreements.reopen_window_days,
        agreements.priority_change,
        agreements.no_reply
    from targets
    inner join agreements
        on
            targets.agreement_id = agreements.agreement_id
            and targets.agreement_version = agreements.agreement_version
)

select * from final

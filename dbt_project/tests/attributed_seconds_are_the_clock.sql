{{ config(meta={'dagster': {'ref': {'name': 'fct_breach_attribution'}}}) }}
-- The causes of a breach share its on-clock seconds out to the last one, and the shares add up to the whole.
with attributed as (
    select
        ticket_key,
        agreement_id,
        agreement_version,
        target_id,
        cycle_number,
        cast(sum(cause_seconds) as bigint) as cause_seconds,
        cast(sum(share_ppm) as bigint) as share_ppm
    from {{ ref('fct_breach_attribution') }}
    group by ticket_key, agreement_id, agreement_version, target_id, cycle_number
)

select instances.ticket_key, instances.target_id, instances.cycle_number
from {{ ref('fct_ticket_sla') }} as instances
left join attributed
    on
        instances.ticket_key = attributed.ticket_key
        and instances.agreement_id = attributed.agreement_id
        and instances.agreement_version = attributed.agreement_version
        and instances.target_id = attributed.target_id
        and instances.cycle_number = attributed.cycle_number
where
    instances.is_breached
    and (
        attributed.ticket_key is null
        or attributed.cause_seconds <> instances.on_clock_seconds
        or attributed.share_ppm <> 1000000
    )

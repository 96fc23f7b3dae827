{{ config(meta={'dagster': {'ref': {'name': 'int_sla_pause_counts'}}}) }}
-- Over all periods, published or not, the pause audit counts each open second of each clock once.
with counted as (
    select
        agreement_id,
        agreement_version,
        target_id,
        service_id,
        sum(run_seconds) as run_seconds,
        sum(paused_seconds) as paused_seconds
    from {{ ref('int_sla_pause_counts') }}
    group by agreement_id, agreement_version, target_id, service_id
),

clocks as (
    select
        agreement_id,
        agreement_version,
        target_id,
        service_id,
        sum(on_clock_seconds) as run_seconds,
        sum(paused_seconds) as paused_seconds
    from {{ ref('fct_ticket_sla') }}
    where
        state in ('met', 'breached', 'running', 'paused')
        and metric not in ('time_with_supplier', 'max_update_gap')
    group by agreement_id, agreement_version, target_id, service_id
)

select
    clocks.agreement_id,
    clocks.target_id,
    clocks.service_id
from clocks
left join counted
    on
        clocks.agreement_id = counted.agreement_id
        and clocks.agreement_version = counted.agreement_version
        and clocks.target_id = counted.target_id
        and clocks.service_id = counted.service_id
where
    clocks.run_seconds <> coalesce(counted.run_seconds, 0)
    or clocks.paused_seconds <> coalesce(counted.paused_seconds, 0)

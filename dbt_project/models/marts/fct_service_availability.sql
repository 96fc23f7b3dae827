-- Grain: availability target x service x local day of the agreement's zone, within validity and up to as_of. Every
-- column is additive: months, quarters and contract periods are sums. The first columns are the view of the service
-- that the agreement judges; own_ and chain_ report both, without and with what the service inherits.
with scopes as (
    select * from {{ ref('int_availability_scopes') }} where metric = 'availability'
),

days as (
    select * from {{ ref('int_availability_days') }}
),

sums as (
    select * from {{ ref('int_availability_day_sums') }}
),

numbered as (
    select
        agreement_id,
        agreement_version,
        target_id,
        service_id,
        excluded_time,
        unmeasured,
        max(case when is_counted then scope_number end) as counted_number,
        max(case when view_of_service = 'own' then scope_number end) as own_number,
        coalesce(
            max(case when view_of_service = 'chain' then scope_number end),
            max(case when view_of_service = 'own' then scope_number end)
        ) as chain_number
    from scopes
    group by agreement_id, agreement_version, target_id, service_id, excluded_time, unmeasured
),

final as (
    select
        numbered.agreement_id,
        numbered.agreement_version,
        numbered.target_id,
        numbered.service_id,
        days.date,
        days.period_start,
        days.agreed_seconds,
        coalesce(counted.excluded_seconds, 0) as excluded_seconds,
        coalesce(counted.unmeasured_seconds, 0) as unmeasured_seconds,
        coalesce(counted.downtime_seconds, 0) as downtime_seconds,
        coalesce(counted.weighted_downtime_seconds, 0) as weighted_downtime_seconds,
        coalesce(counted.failure_count, 0) as failure_count,
        coalesce(counted.failure_downtime_seconds, 0) as failure_downtime_seconds,
        coalesce(counted.maintenance_downtime_seconds, 0) as maintenance_downtime_seconds,
        coalesce(own.downtime_seconds, 0) as own_downtime_seconds,
        {{ counted_seconds('days', 'own', 'numbered') }} as own_counted_seconds,
        {{ up_seconds('days', 'own', 'numbered') }} as own_up_seconds,
        coalesce(chain.downtime_seconds, 0) as chain_downtime_seconds,
        {{ counted_seconds('days', 'chain', 'numbered') }} as chain_counted_seconds,
        {{ up_seconds('days', 'chain', 'numbered') }} as chain_up_seconds
    from numbered
    inner join days on numbered.counted_number = days.scope_number
    left join sums as counted on numbered.counted_number = counted.scope_number and days.date = counted.date
    left join sums as own on numbered.own_number = own.scope_number and days.date = own.date
    left join sums as chain on numbered.chain_number = chain.scope_number and days.date = chain.date
)

select * from final

-- Grain: availability target x service x local day of the agreement's zone, within validity and up to as_of. Every
-- column is additive: months, quarters and contract periods are sums.
with scopes as (
    select * from {{ ref('int_availability_scopes') }}
),

days as (
    select * from {{ ref('int_availability_days') }}
),

pieces as (
    select
        scope_number,
        date,
        sum(case when class = 'excluded' then open_seconds else 0 end) as excluded_seconds,
        sum(case when class = 'unmeasured' then open_seconds else 0 end) as unmeasured_seconds,
        sum(case when class = 'down' then open_seconds else 0 end) as downtime_seconds,
        sum(case when class = 'down' then open_seconds * weight_ppm else 0 end) as weighted_downtime_microseconds
    from {{ ref('int_availability_pieces') }}
    group by scope_number, date
),

failures as (
    select scope_number, date, count(*) as failure_count, sum(downtime_seconds) as failure_downtime_seconds
    from {{ ref('int_availability_failures') }}
    group by scope_number, date
),

periods as (
    select distinct time_zone, period_type, utc_day, from_epoch, to_epoch, period_start
    from {{ ref('stg_agreements__period_pieces') }}
),

final as (
    select
        scopes.agreement_id,
        scopes.agreement_version,
        scopes.target_id,
        scopes.service_id,
        days.date,
        periods.period_start,
        cast(days.agreed_seconds as bigint) as agreed_seconds,
        cast(coalesce(pieces.excluded_seconds, 0) as bigint) as excluded_seconds,
        cast(coalesce(pieces.unmeasured_seconds, 0) as bigint) as unmeasured_seconds,
        cast(coalesce(pieces.downtime_seconds, 0) as bigint) as downtime_seconds,
        cast(
            {{ floor_div('coalesce(pieces.weighted_downtime_microseconds, 0) + 500000', 1000000) }} as bigint
        ) as weighted_downtime_seconds,
        cast(coalesce(failures.failure_count, 0) as bigint) as failure_count,
        cast(coalesce(failures.failure_downtime_seconds, 0) as bigint) as failure_downtime_seconds
    from days
    inner join scopes on days.scope_number = scopes.scope_number
    inner join periods
        on
            scopes.time_zone = periods.time_zone
            and scopes.period_type = periods.period_type
            and {{ utc_day('days.from_at') }} = periods.utc_day
            and days.from_at >= periods.from_epoch
            and days.from_at < periods.to_epoch
    left join pieces on days.scope_number = pieces.scope_number and days.date = pieces.date
    left join failures on days.scope_number = failures.scope_number and days.date = failures.date
)

select * from final

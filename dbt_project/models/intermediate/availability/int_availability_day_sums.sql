-- One row per availability scope and local day on which anything was not simply up: the seconds of each class.
-- Weighted seconds are rounded half up once a day. Failures are those that began on the day.
with pieces as (
    select
        scope_number,
        date,
        sum(case when class = 'excluded' then open_seconds else 0 end) as excluded_seconds,
        sum(case when class = 'unmeasured' then open_seconds else 0 end) as unmeasured_seconds,
        sum(case when class = 'down' then open_seconds else 0 end) as downtime_seconds,
        sum(case when is_maintenance then open_seconds else 0 end) as maintenance_downtime_seconds,
        sum(case when class = 'down' then open_seconds * weight_ppm else 0 end) as weighted_downtime_microseconds
    from {{ ref('int_availability_pieces') }}
    group by scope_number, date
),

failures as (
    select scope_number, date, count(*) as failure_count, sum(downtime_seconds) as failure_downtime_seconds
    from {{ ref('int_availability_failures') }}
    group by scope_number, date
),

final as (
    select
        pieces.scope_number,
        pieces.date,
        cast(pieces.excluded_seconds as bigint) as excluded_seconds,
        cast(pieces.unmeasured_seconds as bigint) as unmeasured_seconds,
        cast(pieces.downtime_seconds as bigint) as downtime_seconds,
        cast(pieces.maintenance_downtime_seconds as bigint) as maintenance_downtime_seconds,
        cast({{ floor_div('pieces.weighted_downtime_microseconds + 500000', 1000000) }} as bigint)
            as weighted_downtime_seconds,
        coalesce(failures.failure_count, 0) as failure_count,
        cast(coalesce(failures.failure_downtime_seconds, 0) as bigint) as failure_downtime_seconds
    from pieces
    left join failures on pieces.scope_number = failures.scope_number and pieces.date = failures.date
)

select * from final

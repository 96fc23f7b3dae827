-- One row per kind of period (zone and type, as a number), UTC day and period that touches it.
with pieces as (
    select * from {{ ref('stg_agreements__period_pieces') }}
),

final as (
    select
        cast(dense_rank() over (order by time_zone, period_type) as integer) as period_number,
        time_zone,
        period_type,
        utc_day,
        from_epoch,
        to_epoch,
        period_start,
        period_end
    from pieces
)

select * from final

-- Grain: time zone of an agreement x local day: the instants between which the day lies, so that what is known by instants
-- can be looked up by the day of a fact.
with days as (
    select distinct time_zone, date, day_from, day_to from {{ ref('stg_agreements__local_days') }}
),

final as (
    select
        time_zone,
        date,
        {{ utc_timestamp('day_from') }} as started_at,
        {{ utc_timestamp('day_to') }} as ended_at
    from days
)

select * from final

-- Grain: calendar day, from the first day that any agreement needs to the end of the period in which as_of lies.
with days as (
    select distinct date, day_number from {{ ref('stg_agreements__local_days') }}
),

final as (
    select
        date,
        cast(extract(year from date) as integer) as year_number,
        cast(extract(quarter from date) as integer) as quarter_number,
        cast(extract(month from date) as integer) as month_number,
        cast(date_trunc('month', date) as date) as month_start,
        cast(date_trunc('quarter', date) as date) as quarter_start,
        cast((day_number + 3) % 7 + 1 as integer) as weekday_number
    from days
)

select * from final

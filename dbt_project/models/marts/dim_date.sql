-- Grain: calendar day, from the first day that any agreement needs to the end of the period in which as_of lies, or to a
-- later period that a clock counts in already because of when it is due.
with days as (
    -- A day more on each side: a moment of truth may have its day in a zone that no agreement has.
    select
        min(day_number) - 1 as first_number,
        max(day_number) + 1 as last_number
    from {{ ref('stg_agreements__local_days') }}
),

ahead as (
    select max({{ utc_day(epoch_seconds('period_start')) }}) as last_number from {{ ref('fct_ticket_sla') }}
),

numbered as (
    select {{ integers_between('days.first_number', 'greatest(days.last_number, ahead.last_number)') }} as day_number
    from days
    cross join ahead
),

dated as (
    select
        day_number,
        cast({{ utc_timestamp('cast(day_number as bigint) * 86400') }} as date) as date
    from numbered
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
    from dated
)

select * from final

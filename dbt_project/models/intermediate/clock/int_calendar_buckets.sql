-- One row per calendar, hour of open time and open piece, with the calendar as a number: the clock read backwards.
with calendars as (
    select distinct calendar_id, calendar_number from {{ ref('int_calendar_pieces') }}
),

buckets as (
    select * from {{ ref('stg_agreements__calendar_buckets') }}
),

final as (
    select
        calendars.calendar_number,
        buckets.bucket,
        buckets.piece_from,
        buckets.open_before,
        buckets.open_seconds
    from buckets
    inner join calendars on buckets.calendar_id = calendars.calendar_id
)

select * from final

-- One row per availability scope and local day in which its agreement answers for the service, up to as_of: the agreed
-- seconds of the day, and the reporting period it lies in.
with scopes as (
    select * from {{ ref('int_availability_scopes') }}
),

spans as (
    select * from {{ ref('int_availability_spans') }}
),

days as (
    select * from {{ ref('stg_agreements__local_days') }} where utc_day = {{ utc_day('day_from') }}
),

periods as (
    select distinct time_zone, period_type, utc_day, from_epoch, to_epoch, period_start
    from {{ ref('stg_agreements__period_pieces') }}
),

clipped as (
    select
        scopes.scope_number,
        scopes.calendar_id,
        periods.period_start,
        days.date,
        days.day_number,
        greatest(days.day_from, spans.from_at) as from_at,
        least(days.day_to, spans.to_at) as to_at
    from scopes
    inner join spans on scopes.scope_number = spans.scope_number
    inner join days
        on
            scopes.time_zone = days.time_zone
            and days.day_from < spans.to_at
            and days.day_to > spans.from_at
    inner join periods
        on
            scopes.time_zone = periods.time_zone
            and scopes.period_type = periods.period_type
            and {{ utc_day('greatest(days.day_from, spans.from_at)') }} = periods.utc_day
            and greatest(days.day_from, spans.from_at) >= periods.from_epoch
            and greatest(days.day_from, spans.from_at) < periods.to_epoch
),

read as (
    select
        clipped.*,
        {{ reading('to_piece', 'clipped.to_at') }} - {{ reading('from_piece', 'clipped.from_at') }} as agreed_seconds
    from clipped
    {{ join_piece('from_piece', 'clipped.calendar_id', 'clipped.from_at') }}
    {{ join_piece('to_piece', 'clipped.calendar_id', 'clipped.to_at') }}
),

final as (
    select
        scope_number,
        date,
        day_number,
        period_start,
        min(from_at) as from_at,
        max(to_at) as to_at,
        cast(sum(agreed_seconds) as bigint) as agreed_seconds
    from read
    group by scope_number, date, day_number, period_start
)

select * from final

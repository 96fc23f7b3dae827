-- One row per availability scope and local day in which its agreement answers for the service, up to as_of: the agreed
-- seconds of the day, and the reporting period it lies in. Days are read once for all scopes that share calendar, zone
-- and span; a scope of several spans has the sum of each day's parts.
with scopes as (
    select * from {{ ref('int_availability_scopes') }}
),

spans as (
    select
        spans.scope_number,
        scopes.calendar_id,
        scopes.time_zone,
        scopes.period_type,
        spans.from_at,
        spans.to_at,
        count(*) over (partition by spans.scope_number) as span_count
    from {{ ref('int_availability_spans') }} as spans
    inner join scopes on spans.scope_number = scopes.scope_number
),

days as (
    select * from {{ ref('stg_agreements__local_days') }} where utc_day = {{ utc_day('day_from') }}
),

periods as (
    select distinct time_zone, period_type, utc_day, from_epoch, to_epoch, period_start
    from {{ ref('stg_agreements__period_pieces') }}
),

profiles as (
    select distinct calendar_id, time_zone, period_type, from_at as span_from_at, to_at as span_to_at from spans
),

clipped as (
    select
        profiles.*,
        days.date,
        days.day_number,
        greatest(days.day_from, profiles.span_from_at) as from_at,
        least(days.day_to, profiles.span_to_at) as to_at
    from profiles
    inner join days
        on
            profiles.time_zone = days.time_zone
            and days.day_from < profiles.span_to_at
            and days.day_to > profiles.span_from_at
),

read as (
    select
        clipped.*,
        periods.period_start,
        {{ reading('to_piece', 'clipped.to_at') }} - {{ reading('from_piece', 'clipped.from_at') }} as agreed_seconds
    from clipped
    inner join periods
        on
            clipped.time_zone = periods.time_zone
            and clipped.period_type = periods.period_type
            and {{ utc_day('clipped.from_at') }} = periods.utc_day
            and clipped.from_at >= periods.from_epoch
            and clipped.from_at < periods.to_epoch
    {{ join_piece('from_piece', 'clipped.calendar_id', 'clipped.from_at') }}
    {{ join_piece('to_piece', 'clipped.calendar_id', 'clipped.to_at') }}
),

parts as (
    select
        spans.scope_number,
        spans.span_count,
        read.date,
        read.day_number,
        read.period_start,
        read.from_at,
        read.to_at,
        read.agreed_seconds
    from spans
    inner join read
        on
            spans.calendar_id = read.calendar_id
            and spans.time_zone = read.time_zone
            and spans.period_type = read.period_type
            and spans.from_at = read.span_from_at
            and spans.to_at = read.span_to_at
),

final as (
    select
        scope_number,
        date,
        day_number,
        period_start,
        from_at,
        to_at,
        agreed_seconds
    from parts
    where span_count = 1
    union all
    select
        scope_number,
        date,
        day_number,
        period_start,
        min(from_at) as from_at,
        max(to_at) as to_at,
        cast(sum(agreed_seconds) as bigint) as agreed_seconds
    from parts
    where span_count > 1
    group by scope_number, date, day_number, period_start
)

select * from final

-- One row per availability scope, stretch and local day it touches: the open seconds of the stretch on that day.
with scopes as (
    select * from {{ ref('int_availability_scopes') }}
),

spans as (
    select * from {{ ref('int_availability_spans') }}
),

states as (
    select * from {{ ref('int_availability_states') }}
),

days as (
    select * from {{ ref('int_availability_days') }}
),

local_days as (
    select * from {{ ref('stg_agreements__local_days') }}
),

within as (
    select
        states.scope_number,
        scopes.time_zone,
        scopes.calendar_id,
        states.class,
        states.weight_ppm,
        states.is_maintenance,
        states.run_from_at,
        states.is_open,
        greatest(states.from_at, spans.from_at) as from_at,
        least(states.to_at, spans.to_at) as to_at
    from states
    inner join scopes on states.scope_number = scopes.scope_number
    inner join spans
        on
            states.scope_number = spans.scope_number
            and states.from_at < spans.to_at
            and states.to_at > spans.from_at
),

spanned as (
    select
        within.*,
        first_day.day_number as first_day_number,
        last_day.day_number as last_day_number
    from within
    inner join local_days as first_day
        on
            within.time_zone = first_day.time_zone
            and {{ utc_day('within.from_at') }} = first_day.utc_day
            and within.from_at >= first_day.day_from
            and within.from_at < first_day.day_to
    inner join local_days as last_day
        on
            within.time_zone = last_day.time_zone
            and {{ utc_day('(within.to_at - 1)') }} = last_day.utc_day
            and within.to_at - 1 >= last_day.day_from
            and within.to_at - 1 < last_day.day_to
),

expanded as (
    select
        *,
        {{ integers_between('first_day_number', 'last_day_number') }} as day_number
    from spanned
),

daily as (
    select
        expanded.scope_number,
        expanded.calendar_id,
        expanded.class,
        expanded.weight_ppm,
        expanded.is_maintenance,
        expanded.run_from_at,
        expanded.is_open,
        days.date,
        greatest(expanded.from_at, days.from_at) as from_at,
        least(expanded.to_at, days.to_at) as to_at
    from expanded
    inner join days
        on expanded.scope_number = days.scope_number and expanded.day_number = days.day_number
),

final as (
    select
        daily.scope_number,
        daily.date,
        daily.class,
        daily.weight_ppm,
        daily.is_maintenance,
        daily.run_from_at,
        daily.is_open,
        daily.from_at,
        daily.to_at,
        {{ reading('to_piece', 'daily.to_at') }} - {{ reading('from_piece', 'daily.from_at') }} as open_seconds
    from daily
    {{ join_piece('from_piece', 'daily.calendar_id', 'daily.from_at') }}
    {{ join_piece('to_piece', 'daily.calendar_id', 'daily.to_at') }}
)

select * from final

-- One row per availability scope and local day within validity, up to as_of: the agreed seconds of the day.
with scopes as (
    select * from {{ ref('int_availability_scopes') }}
),

days as (
    select * from {{ ref('stg_agreements__local_days') }} where utc_day = {{ utc_day('day_from') }}
),

clipped as (
    select
        scopes.scope_number,
        scopes.calendar_id,
        days.date,
        days.day_number,
        greatest(days.day_from, scopes.valid_from_at) as from_at,
        least(days.day_to, scopes.valid_to_at) as to_at
    from scopes
    inner join days
        on
            scopes.time_zone = days.time_zone
            and days.day_from < scopes.valid_to_at
            and days.day_to > scopes.valid_from_at
),

final as (
    select
        clipped.scope_number,
        clipped.date,
        clipped.day_number,
        clipped.from_at,
        clipped.to_at,
        {{ reading('to_piece', 'clipped.to_at') }} - {{ reading('from_piece', 'clipped.from_at') }} as agreed_seconds
    from clipped
    {{ join_piece('from_piece', 'clipped.calendar_id', 'clipped.from_at') }}
    {{ join_piece('to_piece', 'clipped.calendar_id', 'clipped.to_at') }}
)

select * from final

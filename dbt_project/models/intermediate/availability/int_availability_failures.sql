-- One row per availability scope and failure: a run of downtime with any agreed time in it, counted on the local day
-- on which it began (or its agreement first answered for the service), with all its agreed downtime up to as_of.
-- uptime_before_seconds and since_previous_seconds: agreed time since the previous failure's end and beginning, null
-- for the first.
with pieces as (
    select * from {{ ref('int_availability_pieces') }} where class = 'down'
),

scopes as (
    select scope_number, calendar_id from {{ ref('int_availability_scopes') }}
),

days as (
    select scope_number, date, period_start from {{ ref('int_availability_days') }}
),

failures as (
    select
        scope_number,
        run_from_at,
        min(date) as date,
        min(from_at) as from_at,
        max(to_at) as to_at,
        max(to_at) = {{ as_of() }} and max(case when is_open then 1 else 0 end) = 1 as is_open,
        cast(sum(open_seconds) as bigint) as downtime_seconds
    from pieces
    group by scope_number, run_from_at
    having sum(open_seconds) > 0
),

read as (
    select
        failures.*,
        days.period_start,
        {{ reading('from_piece', 'failures.from_at') }} as from_reading,
        {{ reading('to_piece', 'failures.to_at') }} as to_reading
    from failures
    inner join scopes on failures.scope_number = scopes.scope_number
    inner join days on failures.scope_number = days.scope_number and failures.date = days.date
    {{ join_piece('from_piece', 'scopes.calendar_id', 'failures.from_at') }}
    {{ join_piece('to_piece', 'scopes.calendar_id', 'failures.to_at') }}
),

final as (
    select
        scope_number,
        run_from_at,
        date,
        period_start,
        from_at,
        to_at,
        is_open,
        downtime_seconds,
        from_reading - lag(to_reading) over scope as uptime_before_seconds,
        from_reading - lag(from_reading) over scope as since_previous_seconds
    from read
    window scope as (partition by scope_number order by from_at)
)

select * from final

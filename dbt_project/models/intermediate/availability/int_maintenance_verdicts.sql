-- One row per availability scope whose agreement has terms for maintenance, and stretch of maintenance: excused, or
-- not and then downtime. Excused is what was announced in time, lies in the agreed hours, and fits in the month's
-- allowance, which is used up in order of time and counted in agreed seconds of the agreement's local months.
with scopes as (
    select * from {{ ref('int_availability_scopes') }} where has_maintenance_terms
),

claims as (
    select scope_number, from_at, to_at, claim as lane from {{ ref('int_maintenance_claims') }}
),

days as (
    select * from {{ ref('int_availability_days') }}
),

swept as (
    {{ sweep(
        'claims', ['scope_number'],
        ['own_announced', 'own_unannounced', 'inherited_announced', 'inherited_unannounced', 'window']
    ) }}
),

judged as (
    select
        swept.scope_number,
        swept.from_at,
        swept.to_at,
        swept.own_announced_count + swept.own_unannounced_count = 0 as is_inherited,
        case
            when swept.own_announced_count + swept.own_unannounced_count > 0 then swept.own_announced_count > 0
            else swept.inherited_announced_count > 0
        end
        and (swept.window_count > 0 or not scopes.has_maintenance_windows) as is_eligible,
        scopes.calendar_id,
        scopes.maintenance_monthly_seconds
    from swept
    inner join scopes on swept.scope_number = scopes.scope_number
    where
        swept.to_at is not null
        and swept.own_announced_count + swept.own_unannounced_count
        + swept.inherited_announced_count + swept.inherited_unannounced_count > 0
),

-- Only where there is an allowance: by local day, so that each piece lies in one month.
daily as (
    select
        judged.scope_number,
        judged.is_inherited,
        judged.calendar_id,
        judged.maintenance_monthly_seconds,
        extract(year from days.date) * 12 + extract(month from days.date) as month_number,
        greatest(judged.from_at, days.from_at) as from_at,
        least(judged.to_at, days.to_at) as to_at
    from judged
    inner join days
        on
            judged.scope_number = days.scope_number
            and judged.from_at < days.to_at
            and judged.to_at > days.from_at
    where judged.is_eligible and judged.maintenance_monthly_seconds is not null
),

read as (
    select
        daily.*,
        from_piece.calendar_number,
        {{ reading('from_piece', 'daily.from_at') }} as from_reading,
        {{ reading('to_piece', 'daily.to_at') }} as to_reading
    from daily
    {{ join_piece('from_piece', 'daily.calendar_id', 'daily.from_at') }}
    {{ join_piece('to_piece', 'daily.calendar_id', 'daily.to_at') }}
),

spent as (
    select
        *,
        maintenance_monthly_seconds - cast(
            sum(to_reading - from_reading) over (
                partition by scope_number, month_number
                order by from_at
                rows between unbounded preceding and current row
            ) as bigint
        ) + (to_reading - from_reading) as allowance_left
    from read
),

-- The allowance ends in the instant in which it is used up, at closing time if it is used up then.
exhausted as (
    select
        spent.*,
        case
            when spent.allowance_left > spent.to_reading - spent.from_reading then spent.to_at
            when spent.allowance_left <= 0 then spent.from_at
            else {{ instant_of('bucket', '(spent.from_reading + spent.allowance_left)') }}
        end as excused_to_at
    from spent
    {{ join_inverse('bucket', 'spent.calendar_number', '(spent.from_reading + spent.allowance_left)', 'earliest') }}
),

answered as (
    select scope_number, min(from_at) as from_at, max(to_at) as to_at from days group by scope_number
),

-- Outside of what the agreement answers for, no allowance is used.
outside as (
    select judged.scope_number, judged.is_inherited, judged.from_at, least(judged.to_at, answered.from_at) as to_at
    from judged
    inner join answered on judged.scope_number = answered.scope_number
    where judged.is_eligible and judged.maintenance_monthly_seconds is not null and judged.from_at < answered.from_at
    union all
    select judged.scope_number, judged.is_inherited, greatest(judged.from_at, answered.to_at) as from_at, judged.to_at
    from judged
    inner join answered on judged.scope_number = answered.scope_number
    where judged.is_eligible and judged.maintenance_monthly_seconds is not null and judged.to_at > answered.to_at
),

final as (
    select scope_number, is_inherited, from_at, to_at, is_eligible as is_excused
    from judged
    where not is_eligible or maintenance_monthly_seconds is null
    union all
    select scope_number, is_inherited, from_at, to_at, true as is_excused from outside
    union all
    select scope_number, is_inherited, from_at, excused_to_at as to_at, true as is_excused
    from exhausted
    where excused_to_at > from_at
    union all
    select scope_number, is_inherited, excused_to_at as from_at, to_at, false as is_excused
    from exhausted
    where to_at > excused_to_at
)

select * from final

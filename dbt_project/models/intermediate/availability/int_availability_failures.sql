-- One row per availability scope and failure: a run of downtime with any agreed time in it, counted on the local day
-- on which it began (or validity did), with all its agreed downtime up to as_of.
with pieces as (
    select * from {{ ref('int_availability_pieces') }} where class = 'down'
),

final as (
    select
        scope_number,
        run_from_at,
        min(date) as date,
        cast(sum(open_seconds) as bigint) as downtime_seconds
    from pieces
    group by scope_number, run_from_at
    having sum(open_seconds) > 0
)

select * from final

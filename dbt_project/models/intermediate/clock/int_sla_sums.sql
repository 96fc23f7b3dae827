-- One row per instance: open seconds by state over its whole life and until superseded_at. Phase 1 of the clock: sums
-- only, no order. is_paused: its clock stands in a pause at as_of.
with intervals as (
    select * from {{ ref('int_sla_clock_intervals') }}
),

measured as (
    select
        instance_number,
        state,
        is_after_supersession,
        to_at,
        reading_to - reading_from as open_seconds
    from intervals
),

final as (
    select
        instance_number,
        cast(sum(case when state = 'run' then open_seconds else 0 end) as bigint) as run_seconds,
        cast(sum(case when state = 'pause' then open_seconds else 0 end) as bigint) as pause_seconds,
        cast(sum(case when state = 'excluded' then open_seconds else 0 end) as bigint) as excluded_seconds,
        cast(sum(case when state = 'run' and not is_after_supersession then open_seconds else 0 end) as bigint)
            as run_seconds_before,
        cast(sum(case when state = 'pause' and not is_after_supersession then open_seconds else 0 end) as bigint)
            as pause_seconds_before,
        cast(sum(case when state = 'excluded' and not is_after_supersession then open_seconds else 0 end) as bigint)
            as excluded_seconds_before,
        max(case when state = 'pause' and to_at = {{ as_of() }} then 1 else 0 end) = 1 as is_paused
    from measured
    group by instance_number
)

select * from final

-- One row per instance, under every set of rules: of its verdict (int_sla_verdicts) what more than one figure counts. A table:
-- DuckDB 2.0.0 fails where the view itself is read within these aggregates ("dict-surviving cache: global dictionary changed
-- identity").
with verdicts as (
    select * from {{ ref('int_sla_verdicts') }}
),

final as (
    select
        instance_number,
        ticket_number,
        target_number,
        profile_number,
        opened_epoch,
        resolved_at,
        started_at,
        due_at,
        stopped_at,
        breached_at,
        decided_at,
        state,
        period_start
    from verdicts
)

select * from final

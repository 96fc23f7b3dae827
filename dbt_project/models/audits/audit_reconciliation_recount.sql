-- One row per source and quantity: how many tickets the report counts as differing, and how many the facts list. A view:
-- it reads the tables as they are at the audit.
with report as (
    select
        source,
        quantity,
        max(compared_count) - max(agreeing_count) as published_count,
        cast(sum(case when outcome = 'differs' then ticket_count else 0 end) as bigint) as explained_count
    from {{ ref('rpt_reconciliation') }}
    group by source, quantity
),

facts as (
    select
        source,
        quantity,
        count(*) as recounted_count
    from {{ ref('fct_source_difference') }}
    group by source, quantity
),

final as (
    select
        coalesce(report.source, facts.source) as source,
        coalesce(report.quantity, facts.quantity) as quantity,
        coalesce(report.published_count, -1) as published_count,
        coalesce(report.explained_count, -1) as explained_count,
        coalesce(facts.recounted_count, 0) as recounted_count
    from report
    full outer join facts on report.source = facts.source and report.quantity = facts.quantity
)

select * from final

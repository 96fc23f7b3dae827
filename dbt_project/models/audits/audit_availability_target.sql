-- One row per availability target and period with agreed time: its seconds beside the integers of rpt_sla_target, which
-- come another way. A view: it reads the tables as they are at the audit.
with published as (
    select * from {{ ref('rpt_availability_target') }}
),

targets as (
    select * from {{ ref('rpt_sla_target') }} where metric = 'availability'
),

final as (
    select
        published.agreement_id,
        published.target_id,
        published.period_start,
        published.up_seconds as published_up_seconds,
        coalesce(targets.numerator, -1) as scorecard_numerator
    from published
    left join targets
        on
            published.agreement_id = targets.agreement_id
            and published.agreement_version = targets.agreement_version
            and published.target_id = targets.target_id
            and published.period_start = targets.period_start
)

select * from final

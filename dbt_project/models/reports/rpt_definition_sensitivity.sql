-- Grain: ticket target x service x period x rule: each figure of the scorecard as it would be under every rule of a kind,
-- the agreed one included. Only the rule named differs from the agreement.
with scorecard as (
    select * from {{ ref('rpt_sla_scorecard') }}
),

counts as (
    select * from {{ ref('int_sensitivity_counts') }}
),

final as (
    {{ sensitivity('scorecard', 'counts', with_service=true) }}
)

select * from final

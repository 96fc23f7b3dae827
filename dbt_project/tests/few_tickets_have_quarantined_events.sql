-- A ticket with a rejected record may be judged on half its story: more than the agreed share stops the release.
with tickets as (
    select count(*) as ticket_count, count(case when has_quarantined_events then 1 end) as affected_count
    from {{ ref('fct_ticket') }}
)

select *
from tickets
where affected_count > ticket_count * cast({{ build_setting('SLM_MAX_AFFECTED_TICKET_RATIO', '1.0') }} as double)

-- Equality is met, one second more is a breach; nothing else decides.
select *
from {{ ref('fct_ticket_sla') }}
where state in ('met', 'breached') and (state = 'breached') <> (on_clock_seconds > threshold_seconds)

-- A breached instance names the instant of its breach and a met one its stop; an open one names neither, and no other
-- names a breach, whatever its clock shows.
select *
from {{ ref('fct_ticket_sla') }}
where
    (state = 'breached' and (breached_at is null or decided_at is null or due_at is null))
    or (state <> 'breached' and breached_at is not null)
    or (state = 'met' and (stopped_at is null or decided_at is null))
    or (state in ('running', 'paused') and stopped_at is not null)

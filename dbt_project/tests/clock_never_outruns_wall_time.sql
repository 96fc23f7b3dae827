-- On-clock, paused and excluded seconds are parts of the wall time between start and stop, or as_of.
select *
from {{ ref('fct_ticket_sla') }}
where
    on_clock_seconds < 0
    or on_clock_seconds + paused_seconds + excluded_seconds
    > coalesce({{ epoch_seconds('stopped_at') }}, {{ as_of() }}) - {{ epoch_seconds('started_at') }}

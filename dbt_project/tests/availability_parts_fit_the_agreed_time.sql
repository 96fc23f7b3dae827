-- Excluded, unmeasured and down are disjoint parts of the day's agreed time.
select *
from {{ ref('fct_service_availability') }}
where
    agreed_seconds < excluded_seconds + unmeasured_seconds + downtime_seconds
    or weighted_downtime_seconds > downtime_seconds

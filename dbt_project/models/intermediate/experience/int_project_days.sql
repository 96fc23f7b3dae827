-- One row per UTC day x local day of the project's zone in it: the day of what belongs to no agreement.
select utc_day, day_from, day_to, date
from {{ ref('stg_agreements__local_days') }}
where time_zone = {{ project_time_zone() }}

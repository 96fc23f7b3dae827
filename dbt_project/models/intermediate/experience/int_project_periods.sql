-- One row per piece of the project's own reporting periods, cut at UTC midnight; for figures outside any agreement.
select time_zone, period_type, utc_day, from_epoch, to_epoch, period_start, period_end
from {{ ref('stg_agreements__period_pieces') }}
where time_zone = {{ project_time_zone() }} and period_type = {{ project_period_type() }}

-- Grain: calendar, all its versions as one clock.
select calendar_id, display_name, time_zone, version_count, is_always_open, hours_text
from {{ ref('stg_agreements__calendars') }}

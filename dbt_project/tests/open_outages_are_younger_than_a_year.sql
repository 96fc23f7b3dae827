{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'fct_outage'}}}) }}
-- It counts to as_of, as every open outage does; after a year its end was more likely forgotten than never reached.
select service_id, started_at
from {{ ref('fct_outage') }}
where is_open and wall_seconds > 365 * 86400

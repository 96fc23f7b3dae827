{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'fct_outage'}}}) }}
-- depends_on: {{ ref('fct_outage') }}
-- It is excluded as any maintenance is, as far as the agreement excuses it; a week of it may be an outage renamed.
select source, outage_id, service_id
from {{ ref('stg_feeds__outages') }}
where kind = 'maintenance' and coalesce(ended_epoch, {{ as_of() }}) - started_epoch > 7 * 86400

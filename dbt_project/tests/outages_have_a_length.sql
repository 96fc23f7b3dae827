{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'fct_outage'}}}) }}
-- depends_on: {{ ref('fct_outage') }}
-- Accepted, and of no effect: an outage that ends in the second in which it begins takes no time from anybody.
select source, outage_id, service_id
from {{ ref('stg_feeds__outages') }}
where ended_epoch = started_epoch

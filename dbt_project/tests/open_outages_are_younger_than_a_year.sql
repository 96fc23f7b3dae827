{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'fct_outage'}}}) }}
-- depends_on: {{ ref('fct_outage') }}
-- It counts to as_of, as every open outage does; after a year its end was more likely forgotten than never reached. Read
-- as it was reported: other trouble of the service cuts it into younger stretches.
select source, outage_id, service_id
from {{ ref('stg_feeds__outages') }}
where started_epoch < {{ as_of() }} - 365 * 86400 and (ended_epoch is null or ended_epoch > {{ as_of() }})

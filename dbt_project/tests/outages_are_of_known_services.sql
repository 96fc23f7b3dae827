{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'fct_outage'}}}) }}
-- depends_on: {{ ref('fct_outage') }}
-- An outage or check of a service without a document is kept, and in no figure of any agreement: map it, or define it.
with evident as (
    select service_id from {{ ref('stg_feeds__outages') }}
    union
    select service_id from {{ ref('stg_feeds__uptime_checks') }}
)

select evident.service_id
from evident
left join {{ ref('stg_agreements__services') }} as services on evident.service_id = services.service_id
where services.service_id is null

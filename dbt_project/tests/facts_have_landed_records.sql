{{ config(meta={'dagster': {'ref': {'name': 'ticket_record'}}}) }}
-- Behind every ticket, every outage and every answer there is a record that was landed.
select 'fct_ticket' as fact_table, fct_ticket.ticket_key as fact_key
from {{ ref('fct_ticket') }} as fct_ticket
left join {{ ref('ticket_record') }} as records
    on fct_ticket.ticket_key = records.ticket_key and records.record_kind = 'ticket'
where records.ticket_key is null

union all

select 'fct_outage' as fact_table, outages.service_id as fact_key
from {{ ref('fct_outage') }} as outages
left join {{ ref('availability_record') }} as records
    on
        outages.service_id = records.service_id
        and outages.kind = records.kind
        and (outages.ended_at is null or outages.ended_at > records.started_at)
        and (records.ended_at is null or records.ended_at > outages.started_at)
where records.service_id is null

union all

select 'fct_survey_response' as fact_table, responses.response_id as fact_key
from {{ ref('fct_survey_response') }} as responses
left join {{ ref('survey_record') }} as records
    on
        responses.source = records.source
        and responses.response_id = records.response_id
        and responses.instrument_id = records.instrument_id
        and responses.item = records.item
where records.response_id is null

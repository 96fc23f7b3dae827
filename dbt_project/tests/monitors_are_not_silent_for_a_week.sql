{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'fct_service_availability'}}}) }}
-- depends_on: {{ ref('fct_service_availability') }}
-- Time beyond maxGap is unmeasured, neither up nor down; a week without a word is a monitor that nobody looks after.
with followed as (
    select
        source,
        service_id,
        checked_epoch,
        coalesce(lead(checked_epoch) over (partition by source, service_id order by checked_epoch), {{ as_of() }}) as next_epoch
    from {{ ref('stg_feeds__uptime_checks') }}
    where checked_epoch <= {{ as_of() }}
)

select source, service_id, checked_epoch
from followed
where next_epoch - checked_epoch > 7 * 86400

-- Grain: rejected record and reason. What the record says stays in landing, where load, file and line find it.
select
    source,
    feed,
    load_id,
    file,
    line,
    record_id,
    ticket_id,
    column_name,
    reason_code,
    reason,
    is_superseded
from {{ ref('stg_control__quarantined_records') }}

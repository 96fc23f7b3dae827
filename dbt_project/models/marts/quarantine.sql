-- Grain: rejected record and reason. The original record is kept whole, so that nothing is lost.
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
    original_record,
    is_superseded
from {{ ref('stg_control__quarantined_records') }}

-- Grain: load x source x feed. landed = accepted + quarantined, always.
select
    source,
    feed,
    load_id,
    loaded_at,
    file_count,
    landed_count,
    accepted_count,
    quarantined_count,
    collapsed_count,
    superseded_count,
    after_as_of_count
from {{ ref('stg_control__loads') }}

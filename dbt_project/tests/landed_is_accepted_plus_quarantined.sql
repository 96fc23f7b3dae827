-- Nothing is dropped silently: every landed record of every load was either accepted or quarantined.
select * from {{ ref('load_audit') }} where landed_count <> accepted_count + quarantined_count

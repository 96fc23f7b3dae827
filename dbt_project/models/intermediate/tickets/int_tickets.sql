-- One row per ticket opened by as_of. ticket_number is a compact key for joins inside this build only: it is neither
-- stable between builds nor published. It is the row's place in the table, which is written once and never changed: to count
-- the rows would keep them all on one thread.
{{ config(materialized='view') }}

with tickets as (
    select cast(rowid as integer) as ticket_number, * from {{ ref('int_ticket_rows') }}
),

final as (
    select *, {{ ticket_key('tickets') }} as ticket_key from tickets
)

select * from final

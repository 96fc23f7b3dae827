-- One row per source of tickets, with a number to join by: of the two parts of a ticket's key, comparing this one as text
-- for every event is the dearer.
with tickets as (
    select distinct source from {{ ref('stg_feeds__tickets') }}
),

final as (
    select
        source,
        cast(row_number() over (order by source) as integer) as source_number
    from tickets
)

select * from final

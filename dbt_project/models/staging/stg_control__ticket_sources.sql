with source as (
    select * from {{ source('control', 'ticket_source') }}
),

final as (
    select
        source,
        ticket_source
    from source
)

select * from final

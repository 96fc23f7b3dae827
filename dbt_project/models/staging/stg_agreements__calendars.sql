with source as (
    select * from {{ source('agreements', 'calendar') }}
),

final as (
    select
        calendar_id,
        display_name,
        time_zone,
        version_count,
        is_always_open,
        hours_text
    from source
)

select * from final

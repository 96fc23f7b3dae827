with source as (
    select * from {{ source('agreements', 'team') }}
),

final as (
    select
        team_id,
        display_name
    from source
)

select * from final

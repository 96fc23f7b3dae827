with source as (
    select * from {{ source('agreements', 'reporting_period') }}
),

final as (
    select
        agreement_id,
        agreement_version,
        time_zone,
        period_type,
        period_start,
        period_end,
        start_epoch,
        end_epoch,
        closes_at_epoch,
        is_published
    from source
)

select * from final

with source as (
    select * from {{ source('agreements', 'decision_exclusion') }}
),

final as (
    select
        decision_id,
        decision_kind,
        agreement_id,
        target_id,
        ticket_id,
        source,
        cycle_number,
        from_epoch,
        to_epoch,
        reason
    from source
)

select * from final

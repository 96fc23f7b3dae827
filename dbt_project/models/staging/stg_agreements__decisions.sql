with source as (
    select * from {{ source('agreements', 'decision') }}
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
        event_id,
        from_epoch,
        to_epoch,
        corrected_field,
        corrected_to_epoch,
        period,
        reason,
        evidence,
        requested_by,
        requested_epoch,
        decided_by_provider,
        decided_by_consumer,
        decided_epoch,
        outcome,
        is_in_force
    from source
)

select * from final

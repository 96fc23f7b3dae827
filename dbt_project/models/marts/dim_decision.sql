-- Grain: Decision document, whatever its outcome. affected_count is what it takes off the figures of this build: 0 if it
-- is not in force, or if it finds no clock to act on.
with decisions as (
    select * from {{ ref('stg_agreements__decisions') }}
),

instances as (
    select * from {{ ref('fct_ticket_sla') }} where state = 'excluded' or excluded_seconds > 0
),

affected as (
    select decisions.decision_id, count(*) as affected_count
    from decisions
    inner join instances
        on
            decisions.agreement_id = instances.agreement_id
            and decisions.ticket_id = instances.ticket_id
            and (decisions.target_id is null or decisions.target_id = instances.target_id)
            and (decisions.source is null or decisions.source = instances.source)
            and (decisions.cycle_number is null or decisions.cycle_number = instances.cycle_number)
    where
        decisions.is_in_force
        and (
            (decisions.decision_kind = 'exclude_instance' and instances.state = 'excluded')
            or (
                decisions.decision_kind = 'exclude_interval'
                and instances.excluded_seconds > 0
                and {{ epoch_seconds('instances.started_at') }} < decisions.to_epoch
                and coalesce({{ epoch_seconds('instances.stopped_at') }}, {{ as_of() }}) > decisions.from_epoch
            )
        )
    group by decisions.decision_id
),

final as (
    select
        decisions.decision_id,
        decisions.decision_kind,
        decisions.agreement_id,
        decisions.target_id,
        decisions.source,
        decisions.ticket_id,
        decisions.cycle_number,
        decisions.event_id,
        {{ utc_timestamp('decisions.from_epoch') }} as interval_from_at,
        {{ utc_timestamp('decisions.to_epoch') }} as interval_to_at,
        decisions.corrected_field,
        {{ utc_timestamp('decisions.corrected_to_epoch') }} as corrected_to_at,
        decisions.period,
        decisions.reason,
        decisions.evidence,
        decisions.requested_by,
        {{ utc_timestamp('decisions.requested_epoch') }} as requested_at,
        decisions.decided_by_provider,
        decisions.decided_by_consumer,
        {{ utc_timestamp('decisions.decided_epoch') }} as decided_at,
        decisions.outcome,
        decisions.is_in_force,
        coalesce(affected.affected_count, 0) as affected_count
    from decisions
    left join affected on decisions.decision_id = affected.decision_id
)

select * from final

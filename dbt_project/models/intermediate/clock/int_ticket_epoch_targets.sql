-- One row per ticket, epoch and metric of the agreement: the target that the values of the epoch call for, null where
-- none admits them. Under
-- `final_value` every epoch of a group has the target of the group's last one.
with ticket_agreements as (
    select * from {{ ref('int_ticket_agreements') }} where agreement_id is not null
),

profile_targets as (
    select * from {{ ref('int_profile_targets') }}
),

targets as (
    select * from {{ ref('int_ticket_targets') }}
),

agreement_metrics as (
    select distinct agreement_id, agreement_version, metric from targets
),

agreements as (
    select agreement_id, agreement_version, priority_change from {{ ref('stg_agreements__agreements') }}
),

effective as (
    select
        ticket_agreements.ticket_number,
        ticket_agreements.epoch_number,
        ticket_agreements.moment,
        ticket_agreements.group_number,
        ticket_agreements.group_end_at,
        ticket_agreements.customer_id,
        ticket_agreements.service_id,
        ticket_agreements.priority,
        ticket_agreements.agreement_id,
        ticket_agreements.agreement_version,
        agreements.priority_change,
        case
            when agreements.priority_change = 'final_value'
                then last_value(ticket_agreements.profile_number) over (
                    partition by ticket_agreements.ticket_number, ticket_agreements.group_number
                    order by ticket_agreements.epoch_number
                    rows between unbounded preceding and unbounded following
                )
            else ticket_agreements.profile_number
        end as profile_number
    from ticket_agreements
    inner join agreements
        on
            ticket_agreements.agreement_id = agreements.agreement_id
            and ticket_agreements.agreement_version = agreements.agreement_version
),

final as (
    select
        effective.ticket_number,
        effective.epoch_number,
        effective.moment,
        effective.group_number,
        effective.group_end_at,
        effective.customer_id,
        effective.service_id,
        effective.priority,
        effective.priority_change,
        agreement_metrics.metric,
        targets.target_number,
        targets.threshold_seconds
    from effective
    inner join agreement_metrics
        on
            effective.agreement_id = agreement_metrics.agreement_id
            and effective.agreement_version = agreement_metrics.agreement_version
    left join profile_targets
        on
            effective.profile_number = profile_targets.profile_number
            and effective.agreement_id = profile_targets.agreement_id
            and effective.agreement_version = profile_targets.agreement_version
            and agreement_metrics.metric = profile_targets.metric
    left join targets
        on
            profile_targets.agreement_id = targets.agreement_id
            and profile_targets.agreement_version = targets.agreement_version
            and profile_targets.target_id = targets.target_id
)

select * from final

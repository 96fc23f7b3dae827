-- Grain: ticket opened by as_of, matched by an agreement or not. Customer, service, priority and team are the values
-- at opening unless the name says otherwise.
with tickets as (
    select * from {{ ref('int_tickets') }}
),

inherited as (
    select * from {{ ref('int_ticket_inherited_openings') }}
),

messages as (
    select * from {{ ref('int_ticket_messages') }}
),

assignments as (
    select * from {{ ref('int_ticket_assignments') }}
),

current_intervals as (
    select ticket_number, status as current_status
    from {{ ref('int_ticket_status_intervals') }}
    where to_at is null
),

gaps as (
    select
        ticket_number,
        max(case when gap_to is null and not is_void then gap_from end) as resolved_at,
        max(case when gap_to is null then closed_at end) as closed_at,
        count(case when gap_to is not null and not is_void_from_start then 1 end) as reopen_count
    from {{ ref('int_ticket_gaps') }}
    group by ticket_number
),

agreements as (
    select *, {{ agreement_key() }} as agreement_key from {{ ref('int_measured_agreements') }}
),

-- By the SLAs: an OLA or UC beside them does not make a ticket matched.
openings as (
    select
        ticket_agreements.ticket_number,
        ticket_agreements.is_known_customer,
        ticket_agreements.is_known_service,
        agreements.agreement_id,
        agreements.agreement_version,
        agreements.agreement_key
    from {{ ref('int_ticket_agreements') }} as ticket_agreements
    left join agreements on ticket_agreements.agreement_number = agreements.agreement_number
    where ticket_agreements.story_number = 1 and ticket_agreements.epoch_number = 1
),

targeted as (
    select distinct ticket_agreements.ticket_number
    from {{ ref('int_ticket_agreements') }} as ticket_agreements
    inner join {{ ref('int_profile_targets') }} as profile_targets
        on
            ticket_agreements.profile_number = profile_targets.profile_number
            and ticket_agreements.agreement_number = profile_targets.agreement_number
    where ticket_agreements.story_number = 1 and ticket_agreements.epoch_number = 1
),

-- A record that a later load brought again is no longer missing from the ticket's story.
quarantined as (
    select distinct ticket_sources.ticket_source as source, records.ticket_id
    from {{ ref('stg_control__quarantined_records') }} as records
    inner join {{ ref('stg_control__ticket_sources') }} as ticket_sources on records.source = ticket_sources.source
    where records.ticket_id is not null and not records.is_superseded
),

final as (
    select
        tickets.ticket_key,
        tickets.source,
        tickets.ticket_id,
        tickets.customer_id,
        tickets.service_id,
        tickets.team_id,
        assignments.current_team_id,
        tickets.ticket_type,
        tickets.priority,
        tickets.channel,
        tickets.category,
        tickets.requester_id,
        tickets.parent_ticket_id,
        {{ utc_timestamp('tickets.opened_epoch') }} as opened_at,
        {{ utc_timestamp('coalesce(inherited.opened_epoch, tickets.opened_epoch)') }} as waits_since_at,
        days.date,
        {{ utc_timestamp('messages.first_response_at') }} as first_response_at,
        {{ utc_timestamp('gaps.resolved_at') }} as resolved_at,
        {{ utc_timestamp('gaps.closed_at') }} as closed_at,
        current_intervals.current_status,
        coalesce(gaps.reopen_count, 0) as reopen_count,
        coalesce(assignments.reassignment_count, 0) as reassignment_count,
        coalesce(messages.message_count, 0) as message_count,
        current_intervals.current_status = 'merged' as is_merged,
        case
            when not openings.is_known_customer then 'unknown_customer'
            when not openings.is_known_service then 'unknown_service'
            when openings.agreement_id is null then 'no_agreement'
            when targeted.ticket_number is null then 'no_target'
            else 'matched'
        end as agreement_match,
        openings.agreement_id,
        openings.agreement_version,
        openings.agreement_key,
        quarantined.ticket_id is not null as has_quarantined_events,
        tickets.source_made_sla,
        tickets.source_reopen_count,
        tickets.source_reassignment_count,
        {{ utc_timestamp('tickets.source_resolved_epoch') }} as source_resolved_at,
        {{ utc_timestamp('tickets.source_closed_epoch') }} as source_closed_at
    from tickets
    inner join openings on tickets.ticket_number = openings.ticket_number
    inner join current_intervals on tickets.ticket_number = current_intervals.ticket_number
    left join inherited on tickets.ticket_number = inherited.ticket_number
    left join messages on tickets.ticket_number = messages.ticket_number
    left join assignments on tickets.ticket_number = assignments.ticket_number
    left join gaps on tickets.ticket_number = gaps.ticket_number
    left join targeted on tickets.ticket_number = targeted.ticket_number
    left join quarantined on tickets.source = quarantined.source and tickets.ticket_id = quarantined.ticket_id
    {{ join_project_day('tickets.opened_epoch') }}
)

select * from final

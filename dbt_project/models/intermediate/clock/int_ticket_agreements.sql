-- One row per ticket and epoch: which agreement version applies, if any. A version applies to tickets opened within
-- its validity; a listed service beats "*". group_number counts the changes of agreement so far: within a group the
-- priority alone decides the target. group_end_at is the start of the next group, null in the last.
with epochs as (
    select * from {{ ref('int_ticket_epochs') }}
),

tickets as (
    select ticket_number, ticket_type, category, channel, opened_epoch from {{ ref('int_tickets') }}
),

profiles as (
    select * from {{ ref('int_ticket_profiles') }}
),

profile_agreements as (
    select * from {{ ref('int_profile_agreements') }}
),

profiled as (
    select
        epochs.ticket_number,
        epochs.epoch_number,
        epochs.moment,
        epochs.customer_id,
        epochs.service_id,
        epochs.priority,
        tickets.opened_epoch,
        profiles.profile_number,
        profiles.is_known_customer,
        profiles.is_known_service
    from epochs
    inner join tickets on epochs.ticket_number = tickets.ticket_number
    inner join profiles
        on
            epochs.customer_id = profiles.customer_id
            and epochs.service_id = profiles.service_id
            and epochs.priority = profiles.priority
            and tickets.ticket_type = profiles.ticket_type
            and coalesce(tickets.category, '') = coalesce(profiles.category, '')
            and coalesce(tickets.channel, '') = coalesce(profiles.channel, '')
),

matched as (
    select
        profiled.ticket_number,
        profiled.epoch_number,
        profile_agreements.agreement_id,
        profile_agreements.agreement_version,
        profile_agreements.is_listed
    from profiled
    inner join profile_agreements
        on
            profiled.profile_number = profile_agreements.profile_number
            and profiled.opened_epoch >= profile_agreements.valid_from_epoch
            and (
                profile_agreements.valid_to_epoch is null
                or profiled.opened_epoch < profile_agreements.valid_to_epoch
            )
),

listed as (
    select * from matched where is_listed
),

by_any_service as (
    select * from matched where not is_listed
),

agreed as (
    select
        profiled.*,
        coalesce(listed.agreement_id, by_any_service.agreement_id) as agreement_id,
        coalesce(listed.agreement_version, by_any_service.agreement_version) as agreement_version
    from profiled
    left join listed
        on profiled.ticket_number = listed.ticket_number and profiled.epoch_number = listed.epoch_number
    left join by_any_service
        on
            profiled.ticket_number = by_any_service.ticket_number
            and profiled.epoch_number = by_any_service.epoch_number
),

compared as (
    select
        *,
        lag(coalesce(agreement_id || ' ' || cast(agreement_version as varchar), '')) over (
            partition by ticket_number order by epoch_number
        ) as previous_agreement
    from agreed
),

grouped as (
    select
        *,
        sum(
            case
                when previous_agreement <> coalesce(agreement_id || ' ' || cast(agreement_version as varchar), '') then 1
                else 0
            end
        ) over (partition by ticket_number order by epoch_number) as group_number
    from compared
),

group_starts as (
    select ticket_number, group_number, min(moment) as group_start_at
    from grouped
    group by ticket_number, group_number
),

final as (
    select
        grouped.ticket_number,
        grouped.epoch_number,
        grouped.moment,
        grouped.customer_id,
        grouped.service_id,
        grouped.priority,
        grouped.profile_number,
        grouped.is_known_customer,
        grouped.is_known_service,
        grouped.agreement_id,
        grouped.agreement_version,
        cast(grouped.group_number as bigint) as group_number,
        group_starts.group_start_at as group_end_at
    from grouped
    left join group_starts
        on
            grouped.ticket_number = group_starts.ticket_number
            and grouped.group_number + 1 = group_starts.group_number
)

select * from final

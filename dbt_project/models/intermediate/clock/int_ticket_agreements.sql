-- One row per ticket, story of agreements and epoch: which agreement version applies. A version applies to tickets opened
-- within its validity; a listed service beats "*". The story of the SLAs has every ticket, matched or not; that of a
-- team's OLAs the tickets it held; that of the UCs the tickets that waited for a supplier. group_number counts the
-- changes of agreement so far: within a group the priority alone decides the target. group_end_at is the start of the
-- next group, null in the last.
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

supporting_stories as (
    select distinct story_number, agreement_type, team_id
    from {{ ref('int_measured_agreements') }}
    where agreement_type <> 'SLA'
),

subjects as (
    select distinct stays.ticket_number, supporting_stories.story_number
    from {{ ref('int_ticket_team_stays') }} as stays
    inner join supporting_stories on stays.team_id = supporting_stories.team_id
    union all
    select distinct statuses.ticket_number, supporting_stories.story_number
    from {{ ref('int_ticket_status_intervals') }} as statuses
    inner join supporting_stories on supporting_stories.agreement_type = 'UC'
    where statuses.status = 'waiting_supplier'
),

profiled as (
    select
        epochs.ticket_number,
        epochs.epoch_number,
        epochs.is_changed,
        epochs.moment,
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

told as (
    select 1 as story_number, profiled.*
    from profiled
    union all
    select subjects.story_number, profiled.*
    from profiled
    inner join subjects on profiled.ticket_number = subjects.ticket_number
),

agreed as (
    select
        told.*,
        coalesce(listed.agreement_number, by_any_service.agreement_number) as agreement_number
    from told
    left join profile_agreements as listed
        on
            told.profile_number = listed.profile_number
            and told.story_number = listed.story_number
            and listed.is_listed
            and told.opened_epoch >= listed.valid_from_epoch
            and (listed.valid_to_epoch is null or told.opened_epoch < listed.valid_to_epoch)
    left join profile_agreements as by_any_service
        on
            told.profile_number = by_any_service.profile_number
            and told.story_number = by_any_service.story_number
            and not by_any_service.is_listed
            and told.opened_epoch >= by_any_service.valid_from_epoch
            and (by_any_service.valid_to_epoch is null or told.opened_epoch < by_any_service.valid_to_epoch)
),

compared as (
    select
        *,
        lag(coalesce(agreement_number, 0)) over (partition by ticket_number, story_number order by epoch_number)
            as previous_agreement_number
    from agreed
    where is_changed
),

grouped as (
    select
        *,
        cast(
            sum(case when previous_agreement_number <> coalesce(agreement_number, 0) then 1 else 0 end) over (
                partition by ticket_number, story_number order by epoch_number
            ) as bigint
        ) as group_number
    from compared
),

group_starts as (
    select ticket_number, story_number, group_number, min(moment) as group_start_at
    from grouped
    group by ticket_number, story_number, group_number
),

final as (
    select
        grouped.ticket_number,
        grouped.story_number,
        grouped.epoch_number,
        grouped.is_changed,
        grouped.moment,
        grouped.profile_number,
        grouped.is_known_customer,
        grouped.is_known_service,
        grouped.agreement_number,
        grouped.group_number,
        group_starts.group_start_at as group_end_at
    from grouped
    left join group_starts
        on
            grouped.ticket_number = group_starts.ticket_number
            and grouped.story_number = group_starts.story_number
            and grouped.group_number + 1 = group_starts.group_number
    union all
    select
        ticket_number,
        story_number,
        epoch_number,
        is_changed,
        moment,
        profile_number,
        is_known_customer,
        is_known_service,
        agreement_number,
        0 as group_number,
        cast(null as bigint) as group_end_at
    from agreed
    where not is_changed
)

select * from final

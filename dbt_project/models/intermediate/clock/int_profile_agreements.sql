-- One row per profile and agreement version that can apply to it, whatever the instant: it covers the service, by name or
-- as "*", and the customer is its consumer if it is an SLA. A service or customer nobody has defined is never covered: it
-- is a hole in the catalogue, listed in rpt_unmatched_ticket.
with profiles as (
    select * from {{ ref('int_ticket_profiles') }} where is_known_customer and is_known_service
),

agreements as (
    select * from {{ ref('int_measured_agreements') }}
),

listed as (
    select * from {{ ref('stg_agreements__agreement_services') }}
),

final as (
    select
        profiles.profile_number,
        agreements.agreement_number,
        agreements.story_number,
        agreements.agreement_id,
        agreements.agreement_version,
        agreements.valid_from_epoch,
        agreements.valid_to_epoch,
        listed.service_id is not null as is_listed
    from profiles
    inner join agreements
        on agreements.agreement_type <> 'SLA' or profiles.customer_id = agreements.consumer_id
    left join listed
        on
            agreements.agreement_id = listed.agreement_id
            and agreements.agreement_version = listed.agreement_version
            and profiles.service_id = listed.service_id
    where listed.service_id is not null or agreements.covers_all_services
)

select * from final

-- One row per availability scope and stretch of time in which its agreement answers for the service: the validity of
-- the version, and of one that covers "*" only the part in which no other agreement of the same parties lists the
-- service (a listed service beats "*"). to_at is clipped at as_of; agreed_to_at is not, and null while there is no end.
with scopes as (
    select * from {{ ref('int_availability_scopes') }}
),

agreements as (
    select
        *,
        valid_from_epoch as from_at,
        coalesce(valid_to_epoch, {{ end_of_time() }}) as to_at,
        agreement_type || ':' || case when agreement_type = 'SLA' then '' else provider_id end || ':' || consumer_id as parties
    from {{ ref('stg_agreements__agreements') }}
    where is_measured
),

listings as (
    select
        agreements.parties,
        listed.service_id,
        agreements.from_at,
        agreements.to_at
    from {{ ref('stg_agreements__agreement_services') }} as listed
    inner join agreements
        on
            listed.agreement_id = agreements.agreement_id
            and listed.agreement_version = agreements.agreement_version
),

validities as (
    select
        scopes.scope_number,
        scopes.service_id,
        agreements.parties,
        agreements.covers_all_services,
        agreements.from_at,
        agreements.to_at
    from scopes
    inner join agreements
        on
            scopes.agreement_id = agreements.agreement_id
            and scopes.agreement_version = agreements.agreement_version
),

beaten as (
    select
        validities.scope_number,
        listings.from_at,
        listings.to_at
    from validities
    inner join listings
        on
            validities.parties = listings.parties
            and validities.service_id = listings.service_id
            and listings.from_at < validities.to_at
            and listings.to_at > validities.from_at
    where validities.covers_all_services
),

contested as (
    select scope_number, from_at, to_at, 'listed' as lane from beaten
    union all
    select validities.scope_number, validities.from_at, validities.to_at, 'valid' as lane
    from validities
    inner join (select distinct scope_number from beaten) as contested_scopes
        on validities.scope_number = contested_scopes.scope_number
),

swept as (
    {{ sweep('contested', ['scope_number'], ['valid', 'listed']) }}
),

spans as (
    select scope_number, from_at, to_at from swept where valid_count > 0 and listed_count = 0 and to_at is not null
    union all
    select validities.scope_number, validities.from_at, validities.to_at
    from validities
    left join (select distinct scope_number from beaten) as contested_scopes
        on validities.scope_number = contested_scopes.scope_number
    where contested_scopes.scope_number is null
),

final as (
    select
        scope_number,
        from_at,
        least(to_at, {{ as_of() }}) as to_at,
        nullif(to_at, {{ end_of_time() }}) as agreed_to_at
    from spans
    where from_at < {{ as_of() }}
)

select * from final

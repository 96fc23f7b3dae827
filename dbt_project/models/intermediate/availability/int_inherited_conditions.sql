-- One row per service, set of services it depends on whose joint failure takes it down, and stretch of time in which
-- all of the set were in trouble or maintenance. A single serial dependency is a set of one. Of several the mildest
-- trouble counts, because that is what redundancy leaves; maintenance of some is no excuse for the failure of others.
with members as (
    select * from {{ ref('stg_agreements__service_failure_sets') }}
),

conditions as (
    select * from {{ ref('int_dependency_conditions') }}
),

alone as (
    select
        members.service_id,
        members.set_number,
        conditions.from_at,
        conditions.to_at,
        conditions.kind,
        conditions.attributed_to,
        conditions.is_open
    from members
    inner join conditions on members.member_service_id = conditions.service_id
    where members.member_count = 1
),

lanes as (
    select
        members.service_id,
        members.set_number,
        members.member_count,
        conditions.from_at,
        conditions.to_at,
        conditions.kind as lane
    from members
    inner join conditions on members.member_service_id = conditions.service_id
    where members.member_count > 1
),

swept as (
    {{ sweep('lanes', ['service_id', 'set_number', 'member_count'], ['outage', 'partial', 'degraded', 'maintenance']) }}
),

joint as (
    select
        service_id,
        set_number,
        from_at,
        to_at,
        case
            when maintenance_count = member_count then 'maintenance'
            when degraded_count > 0 then 'degraded'
            when partial_count > 0 then 'partial'
            else 'outage'
        end as kind,
        cast(null as varchar) as attributed_to,
        to_at = {{ as_of() }} as is_open
    from swept
    where outage_count + partial_count + degraded_count + maintenance_count = member_count and to_at is not null
),

final as (
    select * from alone
    union all
    select * from joint
)

select * from final

-- Grain: service x services it depends on whose joint trouble it inherits x stretch of one kind. Kept apart from
-- fct_outage, which holds each service's own. Of parallel services the mildest trouble is inherited; their party is null.
-- ended_at is null while it lasts at as_of; wall_seconds then counts to as_of.
with conditions as (
    select * from {{ ref('int_inherited_conditions') }}
),

members as (
    select
        service_id,
        set_number,
        string_agg(member_service_id, ', ' order by member_service_id) as failed_service_ids
    from {{ ref('stg_agreements__service_failure_sets') }}
    group by service_id, set_number
),

final as (
    select
        conditions.service_id,
        members.failed_service_ids,
        {{ utc_timestamp('conditions.from_at') }} as started_at,
        days.date,
        case when not conditions.is_open then {{ utc_timestamp('conditions.to_at') }} end as ended_at,
        conditions.kind,
        conditions.attributed_to,
        conditions.to_at - conditions.from_at as wall_seconds,
        conditions.is_open
    from conditions
    inner join members
        on conditions.service_id = members.service_id and conditions.set_number = members.set_number
    {{ join_project_day('conditions.from_at') }}
)

select * from final

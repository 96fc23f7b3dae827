-- Grain: ticket x target x cycle, one instance of a clock. period_start is null while the outcome is open (attribution
-- `decided`), and for instances that no figure counts.
with verdicts as (
    select * from {{ ref('int_sla_verdicts') }}
),

targets as (
    select *, {{ target_key() }} as target_key from {{ ref('int_ticket_targets') }} where rule_set = 'agreed'
),

tickets as (
    select ticket_number, source, ticket_id from {{ ref('int_tickets') }}
),

profiles as (
    select * from {{ ref('int_ticket_profiles') }}
),

final as (
    select
        {{ ticket_key('tickets') }} as ticket_key,
        tickets.source,
        tickets.ticket_id,
        targets.agreement_id,
        targets.agreement_version,
        targets.target_id,
        targets.target_key,
        targets.metric,
        verdicts.cycle_number,
        profiles.customer_id,
        profiles.service_id,
        profiles.ticket_type,
        profiles.priority,
        targets.calendar_id,
        {{ utc_timestamp('verdicts.started_at') }} as started_at,
        {{ utc_timestamp('verdicts.due_at') }} as due_at,
        {{ utc_timestamp('verdicts.stopped_at') }} as stopped_at,
        {{ utc_timestamp('verdicts.breached_at') }} as breached_at,
        {{ utc_timestamp('verdicts.decided_at') }} as decided_at,
        cast(verdicts.on_clock_seconds as bigint) as on_clock_seconds,
        cast(verdicts.paused_seconds as bigint) as paused_seconds,
        cast(verdicts.excluded_seconds as bigint) as excluded_seconds,
        verdicts.threshold_seconds,
        verdicts.threshold_seconds - cast(verdicts.on_clock_seconds as bigint) as margin_seconds,
        verdicts.state,
        verdicts.state = 'breached' as is_breached,
        verdicts.period_start,
        verdicts.period_start as date
    from verdicts
    inner join targets on verdicts.target_number = targets.target_number
    inner join tickets on verdicts.ticket_number = tickets.ticket_number
    inner join profiles on verdicts.profile_number = profiles.profile_number
)

select * from final

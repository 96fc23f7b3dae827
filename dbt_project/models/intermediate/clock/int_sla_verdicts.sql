-- One row per instance with its state, under every set of rules (int_ticket_targets). Precedence: accepted Decision on
-- the instance, breach, supersession, cancelling or merging, then met, paused or running. period_start: reporting period
-- by the agreement's attribution. due_at is where the threshold was used up, or would be if the clock ran on; null where
-- that lies beyond the calendar's horizon, five years after as_of.
-- A view: fct_ticket_sla passes all of it on, and int_sla_outcomes keeps what figures read again.
{{ config(materialized='view') }}

with instances as (
    select * from {{ ref('int_sla_instances') }}
),

targets as (
    select * from {{ ref('int_ticket_targets') }}
),

stops as (
    select ticket_number, opened_epoch, resolve_stop from {{ ref('int_ticket_stops') }}
),

crossings as (
    select * from {{ ref('int_sla_crossings') }}
),

decisions as (
    select distinct
        tickets.ticket_number,
        decisions.agreement_id,
        decisions.target_id,
        decisions.cycle_number
    from {{ ref('stg_agreements__decision_exclusions') }} as decisions
    inner join {{ ref('int_tickets') }} as tickets
        on
            decisions.ticket_id = tickets.ticket_id
            and (decisions.source is null or decisions.source = tickets.source)
    where decisions.decision_kind = 'exclude_instance'
),

excluded as (
    select distinct openings.instance_number
    from decisions
    inner join {{ ref('int_sla_openings') }} as openings on decisions.ticket_number = openings.ticket_number
    inner join targets
        on
            openings.target_number = targets.target_number
            and targets.rule_set <> 'without_exclusions'
            and decisions.agreement_id = targets.agreement_id
            and (decisions.target_id is null or decisions.target_id = targets.target_id)
            and (decisions.cycle_number is null or decisions.cycle_number = openings.cycle_number)
),

judged as (
    select
        instances.instance_number,
        instances.clock_number,
        instances.ticket_number,
        instances.target_number,
        instances.profile_number,
        instances.cycle_number,
        instances.threshold_seconds,
        instances.started_at,
        instances.ended_at,
        instances.stopped_at,
        instances.on_clock_seconds,
        instances.paused_seconds,
        instances.excluded_seconds,
        stops.opened_epoch,
        {{ floor_div('stops.resolve_stop', 2) }} as resolved_at,
        targets.period_number,
        targets.attribution,
        coalesce(
            crossings.due_at,
            cast({{ instant_of('due_piece', 'instances.due_reading') }} as bigint),
            case when instances.threshold_seconds = 0 then instances.started_at end
        ) as due_at,
        crossings.breached_at as crossed_at,
        case
            when excluded.instance_number is not null then 'excluded'
            when instances.on_clock_seconds > instances.threshold_seconds then 'breached'
            when instances.is_superseded then 'superseded'
            when instances.is_cancelled then 'cancelled'
            when instances.stopped_at is not null then 'met'
            when instances.is_paused then 'paused'
            else 'running'
        end as state
    from instances
    inner join targets on instances.target_number = targets.target_number
    inner join stops on instances.ticket_number = stops.ticket_number
    left join crossings on instances.due_clock_number = crossings.clock_number
    {{ join_inverse('due_piece', 'instances.calendar_number', 'instances.due_reading', 'earliest') }}
    left join excluded on instances.instance_number = excluded.instance_number
),

decided as (
    select
        *,
        case when state = 'breached' then crossed_at end as breached_at,
        case
            when state = 'met' then stopped_at
            when state = 'breached' then crossed_at
        end as decided_at
    from judged
),

attributed as (
    select
        *,
        case
            when state in ('cancelled', 'superseded', 'excluded') then null
            when attribution = 'decided' then decided_at
            when attribution = 'due' then due_at
            when attribution = 'created' then opened_epoch
            when attribution = 'resolved' then coalesce(stopped_at, resolved_at)
        end as attributed_at
    from decided
),

final as (
    select
        attributed.instance_number,
        attributed.ticket_number,
        attributed.target_number,
        attributed.profile_number,
        attributed.cycle_number,
        attributed.opened_epoch,
        attributed.resolved_at,
        attributed.threshold_seconds,
        attributed.started_at,
        attributed.due_at,
        attributed.stopped_at,
        attributed.breached_at,
        attributed.decided_at,
        attributed.on_clock_seconds,
        attributed.paused_seconds,
        attributed.excluded_seconds,
        attributed.state,
        periods.period_start
    from attributed
    left join {{ ref('int_period_pieces') }} as periods
        on
            attributed.period_number = periods.period_number
            and {{ utc_day('attributed.attributed_at') }} = periods.utc_day
            and attributed.attributed_at >= periods.from_epoch
            and attributed.attributed_at < periods.to_epoch
)

select * from final

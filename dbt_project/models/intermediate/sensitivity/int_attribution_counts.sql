-- One row per ticket target, service, period and rule of attribution: the same decided clocks, counted in the period of
-- another instant. Under `resolved` a breached clock counts once it has stopped or its ticket is resolved, so one that is
-- parked open counts nowhere; under `created` each counts in the period in which its ticket was opened.
with instances as (
    select * from {{ ref('fct_ticket_sla') }} where state in ('met', 'breached')
),

agreements as (
    select agreement_id, agreement_version, time_zone, period_type from {{ ref('stg_agreements__agreements') }}
),

tickets as (
    select ticket_key, opened_at, resolved_at from {{ ref('fct_ticket') }}
),

timed as (
    select
        instances.agreement_id,
        instances.agreement_version,
        instances.target_id,
        instances.service_id,
        instances.state,
        agreements.time_zone,
        agreements.period_type,
        {{ epoch_seconds('instances.decided_at') }} as decided_epoch,
        {{ epoch_seconds('instances.due_at') }} as due_epoch,
        {{ epoch_seconds('coalesce(instances.stopped_at, tickets.resolved_at)') }} as resolved_epoch,
        {{ epoch_seconds('tickets.opened_at') }} as created_epoch
    from instances
    inner join agreements
        on
            instances.agreement_id = agreements.agreement_id
            and instances.agreement_version = agreements.agreement_version
    inner join tickets on instances.ticket_key = tickets.ticket_key
),

rules as (
    select distinct rule from {{ ref('int_sensitivity_rules') }} where rule_kind = 'attribution'
),

attributed as (
    select
        timed.*,
        rules.rule,
        case rules.rule
            when 'decided' then timed.decided_epoch
            when 'due' then timed.due_epoch
            when 'resolved' then timed.resolved_epoch
            when 'created' then timed.created_epoch
        end as attributed_epoch
    from timed
    cross join rules
),

final as (
    select
        attributed.agreement_id,
        attributed.agreement_version,
        attributed.target_id,
        attributed.service_id,
        periods.period_start,
        attributed.rule,
        count(case when attributed.state = 'met' then 1 end) as numerator,
        count(*) as denominator
    from attributed
    inner join {{ ref('stg_agreements__period_pieces') }} as periods
        on
            attributed.time_zone = periods.time_zone
            and attributed.period_type = periods.period_type
            and {{ utc_day('attributed.attributed_epoch') }} = periods.utc_day
            and attributed.attributed_epoch >= periods.from_epoch
            and attributed.attributed_epoch < periods.to_epoch
    group by
        attributed.agreement_id,
        attributed.agreement_version,
        attributed.target_id,
        attributed.service_id,
        periods.period_start,
        attributed.rule
)

select * from final

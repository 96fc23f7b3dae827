-- One row per ticket target, service and period with anything to count: decided instances and exclusions, and what would
-- have been counted had no Decision excluded anything.
with instances as (
    select * from {{ ref('fct_ticket_sla') }}
),

targets as (
    select * from {{ ref('int_ticket_targets') }} where rule_set = 'agreed'
),

-- An excluded instance belongs to no figure; it is listed with the period in which its clock stopped or started.
placed as (
    select
        instances.agreement_id,
        instances.agreement_version,
        instances.target_id,
        instances.service_id,
        instances.state,
        coalesce(instances.period_start, periods.period_start) as period_start
    from instances
    inner join targets
        on
            instances.agreement_id = targets.agreement_id
            and instances.agreement_version = targets.agreement_version
            and instances.target_id = targets.target_id
    left join {{ ref('stg_agreements__period_pieces') }} as periods
        on
            instances.state = 'excluded'
            and targets.time_zone = periods.time_zone
            and targets.period_type = periods.period_type
            and {{ utc_day(epoch_seconds('coalesce(instances.stopped_at, instances.started_at)')) }} = periods.utc_day
            and {{ epoch_seconds('coalesce(instances.stopped_at, instances.started_at)') }} >= periods.from_epoch
            and {{ epoch_seconds('coalesce(instances.stopped_at, instances.started_at)') }} < periods.to_epoch
),

counted as (
    select
        agreement_id,
        agreement_version,
        target_id,
        service_id,
        period_start,
        count(case when state = 'met' then 1 end) as numerator,
        count(case when state in ('met', 'breached') then 1 end) as denominator,
        count(case when state = 'excluded' then 1 end) as excluded_count
    from placed
    where period_start is not null
    group by agreement_id, agreement_version, target_id, service_id, period_start
),

changes as (
    select * from {{ ref('int_rule_set_changes') }} where rule_set = 'without_exclusions'
),

keys as (
    select agreement_id, agreement_version, target_id, service_id, period_start from counted
    union
    select agreement_id, agreement_version, target_id, service_id, period_start from changes
),

final as (
    select
        keys.agreement_id,
        keys.agreement_version,
        keys.target_id,
        keys.service_id,
        keys.period_start,
        coalesce(counted.numerator, 0) as numerator,
        coalesce(counted.denominator, 0) as denominator,
        coalesce(counted.excluded_count, 0) as excluded_count,
        coalesce(counted.numerator, 0) + coalesce(changes.numerator_change, 0) as numerator_without_exclusions,
        coalesce(counted.denominator, 0) + coalesce(changes.denominator_change, 0) as denominator_without_exclusions
    from keys
    left join counted
        on
            keys.agreement_id = counted.agreement_id
            and keys.agreement_version = counted.agreement_version
            and keys.target_id = counted.target_id
            and keys.service_id = counted.service_id
            and keys.period_start = counted.period_start
    left join changes
        on
            keys.agreement_id = changes.agreement_id
            and keys.agreement_version = changes.agreement_version
            and keys.target_id = changes.target_id
            and keys.service_id = changes.service_id
            and keys.period_start = changes.period_start
)

select * from final

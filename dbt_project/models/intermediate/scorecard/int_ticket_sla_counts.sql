-- One row per ticket target, service and period with anything to count: decided instances and exclusions.
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

final as (
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
)

select * from final

-- One row per clock target, service and period that runs at as_of: what is known to come, and what the same last part of
-- the three periods before brought besides. Open clocks come for certain if they are due before the period ends. Of the
-- others history tells: the last part of a period has as many seconds as are left of the running one; in it counted
-- clocks that began in it, and clocks that were open before it and met early, being due only after the period.
with periods as (
    select * from {{ ref('stg_agreements__reporting_periods') }} where end_epoch <= {{ as_of() }}
),

running as (
    select
        *,
        end_epoch - {{ as_of() }} as rest_seconds
    from {{ ref('stg_agreements__reporting_periods') }}
    where is_published and start_epoch <= {{ as_of() }} and end_epoch > {{ as_of() }}
),

agreements as (
    select agreement_id, agreement_version, attribution from {{ ref('stg_agreements__agreements') }}
),

instances as (
    select
        *,
        {{ epoch_seconds('started_at') }} as started_epoch,
        {{ epoch_seconds('due_at') }} as due_epoch,
        {{ epoch_seconds('decided_at') }} as decided_epoch,
        {{ epoch_seconds('stopped_at') }} as stopped_epoch
    from {{ ref('fct_ticket_sla') }}
),

ranked as (
    select
        running.agreement_id,
        running.agreement_version,
        running.period_start as running_period_start,
        periods.period_start,
        periods.end_epoch,
        greatest(periods.start_epoch, periods.end_epoch - running.rest_seconds) as last_part_from,
        row_number() over (
            partition by running.agreement_id, running.agreement_version order by periods.period_start desc
        ) as periods_back
    from running
    inner join periods
        on
            running.agreement_id = periods.agreement_id
            and running.agreement_version = periods.agreement_version
),

history as (
    select * from ranked where periods_back <= {{ forecast_periods() }}
),

history_lengths as (
    select
        agreement_id,
        agreement_version,
        count(*) as period_count
    from history
    group by agreement_id, agreement_version
),

due as (
    select
        instances.agreement_id,
        instances.agreement_version,
        instances.target_id,
        instances.service_id,
        count(*) as open_due_count
    from instances
    inner join running
        on
            instances.agreement_id = running.agreement_id
            and instances.agreement_version = running.agreement_version
    inner join agreements
        on
            instances.agreement_id = agreements.agreement_id
            and instances.agreement_version = agreements.agreement_version
    where
        instances.state in ('running', 'paused')
        and case
            when agreements.attribution = 'created' then instances.period_start = running.period_start
            else instances.due_epoch < running.end_epoch
        end
    group by instances.agreement_id, instances.agreement_version, instances.target_id, instances.service_id
),

past as (
    select
        instances.agreement_id,
        instances.agreement_version,
        instances.target_id,
        instances.service_id,
        count(
            case
                when instances.started_epoch >= history.last_part_from then 1
                when
                    instances.due_epoch >= history.end_epoch
                    and case agreements.attribution
                        when 'decided' then instances.decided_epoch
                        when 'resolved' then instances.stopped_epoch
                    end >= history.last_part_from
                    then 1
            end
        ) as history_count,
        count(case when instances.state = 'met' then 1 end) as prior_met_count,
        count(*) as prior_count
    from instances
    inner join history
        on
            instances.agreement_id = history.agreement_id
            and instances.agreement_version = history.agreement_version
            and instances.period_start = history.period_start
    inner join agreements
        on
            instances.agreement_id = agreements.agreement_id
            and instances.agreement_version = agreements.agreement_version
    where instances.state in ('met', 'breached')
    group by instances.agreement_id, instances.agreement_version, instances.target_id, instances.service_id
),

keys as (
    select agreement_id, agreement_version, target_id, service_id from due
    union
    select agreement_id, agreement_version, target_id, service_id from past
),

final as (
    select
        keys.agreement_id,
        keys.agreement_version,
        keys.target_id,
        keys.service_id,
        running.period_start,
        coalesce(due.open_due_count, 0) as open_due_count,
        coalesce(past.history_count, 0) as history_count,
        coalesce(past.prior_met_count, 0) as prior_met_count,
        coalesce(past.prior_count, 0) as prior_count,
        coalesce(history_lengths.period_count, 0) as history_period_count
    from keys
    inner join running
        on
            keys.agreement_id = running.agreement_id
            and keys.agreement_version = running.agreement_version
    left join history_lengths
        on
            keys.agreement_id = history_lengths.agreement_id
            and keys.agreement_version = history_lengths.agreement_version
    left join due
        on
            keys.agreement_id = due.agreement_id
            and keys.agreement_version = due.agreement_version
            and keys.target_id = due.target_id
            and keys.service_id = due.service_id
    left join past
        on
            keys.agreement_id = past.agreement_id
            and keys.agreement_version = past.agreement_version
            and keys.target_id = past.target_id
            and keys.service_id = past.service_id
)

select * from final

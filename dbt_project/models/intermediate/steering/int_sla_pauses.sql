-- One row per pause of a clock that can count: a stretch of its ticket in pausing statuses, closed hours included, from
-- where the clock has begun. Statuses that follow one another at once are one pause. Superseded, cancelled and excluded
-- instances are in no figure and left out; so are time_with_supplier, whose standstill nobody chooses, and
-- max_update_gap, of which only the longest gap is on record.
with instances as (
    select
        *,
        {{ epoch_seconds('started_at') }} as from_epoch,
        coalesce({{ epoch_seconds('stopped_at') }}, {{ as_of() }}) as to_epoch
    from {{ ref('fct_ticket_sla') }}
    where
        state in ('met', 'breached', 'running', 'paused')
        and metric not in ('time_with_supplier', 'max_update_gap')
),

tickets as (
    select ticket_number, ticket_key from {{ ref('int_tickets') }}
),

pausing as (
    select * from {{ ref('stg_agreements__target_pauses') }}
),

statuses as (
    select * from {{ ref('int_ticket_clock_statuses') }}
),

segments as (
    select *, {{ epoch_seconds('segment_start_at') }} as from_epoch, {{ epoch_seconds('segment_end_at') }} as to_epoch
    from {{ ref('fct_sla_clock_segment') }}
    where state in ('run', 'pause')
),

-- Statuses that could pause, and whether the customer was asked something just before they began. The ticket's key is
-- joined here, so that waits meet clocks of their own ticket only.
waits as (
    select
        tickets.ticket_key,
        statuses.interval_number,
        statuses.status,
        statuses.from_at,
        statuses.to_at,
        count(messages.moment) > 0 as is_asked
    from statuses
    inner join tickets on statuses.ticket_number = tickets.ticket_number
    inner join (select distinct status from pausing) as pausing_statuses on statuses.status = pausing_statuses.status
    left join {{ ref('int_ticket_message_events') }} as messages
        on
            statuses.ticket_number = messages.ticket_number
            and messages.kind = 'reply'
            and statuses.given_at - {{ question_window_seconds() }} <= messages.moment
            and statuses.given_at >= messages.moment
    group by
        tickets.ticket_key,
        statuses.interval_number,
        statuses.status,
        statuses.from_at,
        statuses.to_at
),

paused as (
    select
        instances.ticket_key,
        instances.agreement_id,
        instances.agreement_version,
        instances.target_id,
        instances.cycle_number,
        instances.service_id,
        instances.threshold_seconds,
        waits.interval_number,
        waits.is_asked,
        greatest(waits.from_at, instances.from_epoch) as from_at,
        least(coalesce(waits.to_at, instances.to_epoch), instances.to_epoch) as to_at,
        coalesce(
            waits.interval_number - 1 <> lag(waits.interval_number) over (
                partition by
                    instances.ticket_key,
                    instances.agreement_id,
                    instances.agreement_version,
                    instances.target_id,
                    instances.cycle_number
                order by waits.interval_number
            ),
            true
        ) as is_new
    from instances
    inner join pausing
        on
            instances.agreement_id = pausing.agreement_id
            and instances.agreement_version = pausing.agreement_version
            and instances.target_id = pausing.target_id
    inner join waits
        on
            instances.ticket_key = waits.ticket_key
            and pausing.status = waits.status
            and (waits.is_asked or not pausing.requires_visible_request)
            and waits.from_at < instances.to_epoch
            and (waits.to_at is null or waits.to_at > instances.from_epoch)
),

numbered as (
    select
        *,
        sum(case when is_new then 1 else 0 end) over (
            partition by ticket_key, agreement_id, agreement_version, target_id, cycle_number
            order by interval_number
        ) as pause_number
    from paused
),

pauses as (
    select
        ticket_key,
        agreement_id,
        agreement_version,
        target_id,
        cycle_number,
        service_id,
        threshold_seconds,
        pause_number,
        min(from_at) as from_at,
        max(to_at) as to_at,
        max(case when is_new and is_asked then 1 else 0 end) = 1 as is_asked
    from numbered
    group by
        ticket_key,
        agreement_id,
        agreement_version,
        target_id,
        cycle_number,
        service_id,
        threshold_seconds,
        pause_number
),

measured as (
    select
        pauses.ticket_key,
        pauses.agreement_id,
        pauses.agreement_version,
        pauses.target_id,
        pauses.cycle_number,
        pauses.service_id,
        pauses.threshold_seconds,
        pauses.pause_number,
        pauses.from_at,
        pauses.is_asked,
        cast(
            coalesce(
                sum(
                    case
                        when segments.state = 'pause' and segments.from_epoch >= pauses.from_at
                            then segments.to_epoch - segments.from_epoch
                    end
                ),
                0
            ) as bigint
        ) as paused_seconds,
        cast(
            coalesce(
                sum(
                    case
                        when segments.state = 'run' and segments.from_epoch < pauses.from_at
                            then segments.on_clock_seconds
                    end
                ),
                0
            ) as bigint
        ) as used_seconds
    from pauses
    left join segments
        on
            pauses.ticket_key = segments.ticket_key
            and pauses.agreement_id = segments.agreement_id
            and pauses.agreement_version = segments.agreement_version
            and pauses.target_id = segments.target_id
            and pauses.cycle_number = segments.cycle_number
            and pauses.to_at > segments.from_epoch
    group by
        pauses.ticket_key,
        pauses.agreement_id,
        pauses.agreement_version,
        pauses.target_id,
        pauses.cycle_number,
        pauses.service_id,
        pauses.threshold_seconds,
        pauses.pause_number,
        pauses.from_at,
        pauses.is_asked
),

final as (
    select
        *,
        -- Not yet breached, and less than a tenth of the time left.
        used_seconds <= threshold_seconds
        and (threshold_seconds - used_seconds) * 10 < threshold_seconds as is_near_breach
    from measured
)

select * from final

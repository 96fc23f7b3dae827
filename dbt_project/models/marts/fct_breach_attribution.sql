-- Grain: breached clock x cause with any of its on-clock seconds. Each second has one cause, the first that applies:
-- linked outage, supplier, customer, queue, work. So the seconds of a clock add up to its on-clock seconds, and the
-- shares to exactly 1,000,000 ppm. A ticket that never had a team queues while it is `new`.
with breaches as (
    select
        row_number() over (order by ticket_key, agreement_id, agreement_version, target_id, cycle_number)
            as breach_number,
        ticket_key,
        source,
        ticket_id,
        agreement_id,
        agreement_version,
        target_id,
        metric,
        cycle_number,
        customer_id,
        service_id,
        on_clock_seconds,
        threshold_seconds,
        period_start
    from {{ ref('fct_ticket_sla') }}
    where is_breached
),

segments as (
    select * from {{ ref('fct_sla_clock_segment') }} where state = 'run'
),

links as (
    select * from {{ ref('brg_ticket_outage') }}
),

tickets as (
    select
        tickets.ticket_number,
        tickets.ticket_key,
        coalesce(inherited.opened_epoch, tickets.opened_epoch) as waits_since
    from {{ ref('int_tickets') }} as tickets
    left join {{ ref('int_ticket_inherited_openings') }} as inherited on tickets.ticket_number = inherited.ticket_number
),

assignments as (
    select ticket_number, first_assigned_at from {{ ref('int_ticket_assignments') }}
),

statuses as (
    select
        ticket_number,
        status,
        from_at,
        coalesce(to_at, {{ as_of() }}) as to_at
    from {{ ref('int_ticket_clock_statuses') }}
),

stories as (
    select
        breaches.breach_number,
        tickets.ticket_number,
        tickets.waits_since,
        assignments.first_assigned_at
    from breaches
    inner join tickets on breaches.ticket_key = tickets.ticket_key
    left join assignments on tickets.ticket_number = assignments.ticket_number
),

lanes as (
    select
        breaches.breach_number,
        'run' as lane,
        {{ epoch_seconds('segments.segment_start_at') }} as from_at,
        {{ epoch_seconds('segments.segment_end_at') }} as to_at
    from breaches
    inner join segments
        on
            breaches.ticket_key = segments.ticket_key
            and breaches.agreement_id = segments.agreement_id
            and breaches.agreement_version = segments.agreement_version
            and breaches.target_id = segments.target_id
            and breaches.cycle_number = segments.cycle_number
    union all
    select
        breaches.breach_number,
        links.link_kind as lane,
        {{ epoch_seconds('links.outage_started_at') }} as from_at,
        {{ epoch_seconds('links.outage_ended_at') }} as to_at
    from breaches
    inner join links on breaches.ticket_key = links.ticket_key
    union all
    select
        stories.breach_number,
        case statuses.status when 'waiting_supplier' then 'supplier' else 'customer' end as lane,
        statuses.from_at,
        statuses.to_at
    from stories
    inner join statuses on stories.ticket_number = statuses.ticket_number
    where statuses.status in ('waiting_supplier', 'waiting_customer')
    union all
    select
        breach_number,
        'queue' as lane,
        waits_since as from_at,
        first_assigned_at as to_at
    from stories
    where first_assigned_at > waits_since
    union all
    select
        stories.breach_number,
        'queue' as lane,
        statuses.from_at,
        statuses.to_at
    from stories
    inner join statuses on stories.ticket_number = statuses.ticket_number
    where stories.first_assigned_at is null and statuses.status = 'new'
),

swept as (
    {{ sweep(
        'lanes', ['breach_number'],
        ['run', 'explicit', 'same_service', 'temporal', 'supplier', 'customer', 'queue']
    ) }}
),

attributed as (
    select
        breach_number,
        to_at - from_at as seconds,
        case
            when explicit_count + same_service_count + temporal_count > 0 then 'outage'
            when supplier_count > 0 then 'supplier'
            when customer_count > 0 then 'customer'
            when queue_count > 0 then 'queue'
            else 'work'
        end as cause,
        case when explicit_count > 0 then 1 when same_service_count > 0 then 2 when temporal_count > 0 then 3 end as link_rank
    from swept
    where run_count > 0 and to_at is not null
),

summed as (
    select
        breach_number,
        cause,
        case cause when 'outage' then 1 when 'supplier' then 2 when 'customer' then 3 when 'queue' then 4 else 5 end
            as cause_number,
        cast(sum(seconds) as bigint) as cause_seconds,
        min(link_rank) as link_rank
    from attributed
    group by breach_number, cause
),

cumulated as (
    select
        summed.*,
        cast(
            sum(cause_seconds) over (
                partition by breach_number order by cause_number
                rows between unbounded preceding and current row
            ) as bigint
        ) as seconds_so_far
    from summed
),

final as (
    select
        breaches.ticket_key,
        breaches.source,
        breaches.ticket_id,
        breaches.agreement_id,
        breaches.agreement_version,
        breaches.target_id,
        {{ target_key('breaches') }} as target_key,
        breaches.metric,
        breaches.cycle_number,
        breaches.customer_id,
        breaches.service_id,
        cumulated.cause,
        cumulated.cause_seconds,
        breaches.on_clock_seconds,
        breaches.threshold_seconds,
        -- Each share is the step of the rounded running total: the steps add up to the whole.
        cast(
            {{ floor_div('cumulated.seconds_so_far * 1000000', 'breaches.on_clock_seconds') }}
            - {{ floor_div('(cumulated.seconds_so_far - cumulated.cause_seconds) * 1000000', 'breaches.on_clock_seconds') }}
            as bigint
        ) as share_ppm,
        case
            when cumulated.cause <> 'outage' then 'recorded'
            when cumulated.link_rank = 1 then 'explicit'
            when cumulated.link_rank = 2 then 'same_service'
            else 'temporal'
        end as confidence,
        breaches.on_clock_seconds - cumulated.cause_seconds <= breaches.threshold_seconds as counterfactual_met,
        breaches.period_start,
        breaches.period_start as date
    from cumulated
    inner join breaches on cumulated.breach_number = breaches.breach_number
)

select * from final

-- Grain: agreement version with a workload limit x period of that limit, from the start of validity to its end or
-- as_of, without tickets too. A period counts the tickets that were opened in it: under an SLA those that it applied to
-- at their opening, under an OLA or UC those whose first clock began in it.
with agreements as (
    select *
    from {{ ref('stg_agreements__agreements') }}
    where is_measured and workload_limit_tickets is not null
),

pieces as (
    select * from {{ ref('stg_agreements__period_pieces') }}
),

first_clocks as (
    select
        agreement_id,
        agreement_version,
        ticket_key,
        min(started_at) as counted_at
    from {{ ref('fct_ticket_sla') }}
    group by agreement_id, agreement_version, ticket_key
),

tickets as (
    select agreement_id, agreement_version, opened_at as counted_at
    from {{ ref('fct_ticket') }}
    union all
    select first_clocks.agreement_id, first_clocks.agreement_version, first_clocks.counted_at
    from first_clocks
    inner join agreements
        on
            first_clocks.agreement_id = agreements.agreement_id
            and first_clocks.agreement_version = agreements.agreement_version
            and agreements.agreement_type <> 'SLA'
),

counted as (
    select
        tickets.agreement_id,
        tickets.agreement_version,
        pieces.period_start,
        count(*) as ticket_count
    from tickets
    inner join agreements
        on
            tickets.agreement_id = agreements.agreement_id
            and tickets.agreement_version = agreements.agreement_version
    inner join pieces
        on
            agreements.time_zone = pieces.time_zone
            and agreements.workload_limit_per = pieces.period_type
            and {{ utc_day(epoch_seconds('tickets.counted_at')) }} = pieces.utc_day
            and {{ epoch_seconds('tickets.counted_at') }} >= pieces.from_epoch
            and {{ epoch_seconds('tickets.counted_at') }} < pieces.to_epoch
    group by tickets.agreement_id, tickets.agreement_version, pieces.period_start
),

periods as (
    select
        time_zone,
        period_type,
        period_start,
        period_end,
        min(from_epoch) as from_epoch,
        max(to_epoch) as to_epoch
    from pieces
    where period_end > {{ first_period_start() }}
    group by time_zone, period_type, period_start, period_end
),

final as (
    select
        agreements.agreement_id,
        agreements.agreement_version,
        {{ agreement_key('agreements') }} as agreement_key,
        agreements.agreement_type,
        agreements.consumer_id as customer_id,
        periods.period_type,
        periods.period_start,
        periods.period_start as date,
        periods.period_end,
        periods.to_epoch > {{ as_of() }} as is_running,
        periods.from_epoch < agreements.valid_from_epoch
        or coalesce(periods.to_epoch > agreements.valid_to_epoch, false) as is_partly_valid,
        coalesce(counted.ticket_count, 0) as ticket_count,
        agreements.workload_limit_tickets as limit_count,
        {{ ratio('coalesce(counted.ticket_count, 0)', 'agreements.workload_limit_tickets') }} as workload_ratio,
        coalesce(counted.ticket_count, 0) > agreements.workload_limit_tickets as is_over_limit
    from agreements
    inner join periods
        on
            agreements.time_zone = periods.time_zone
            and agreements.workload_limit_per = periods.period_type
            and agreements.valid_from_epoch < periods.to_epoch
            and periods.from_epoch <= {{ as_of() }}
            and (agreements.valid_to_epoch is null or periods.from_epoch < agreements.valid_to_epoch)
    left join counted
        on
            agreements.agreement_id = counted.agreement_id
            and agreements.agreement_version = counted.agreement_version
            and periods.period_start = counted.period_start
)

select * from final

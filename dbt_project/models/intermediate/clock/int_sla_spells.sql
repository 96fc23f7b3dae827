-- One row per ticket, lane, agreement group, metric and spell in which a clock of the metric can run: from from_at to the
-- instant in stop_key (twice it, plus one if cancelling or merging ended the spell; null while it lasts). spell_id: a compact
-- key of the spell. Tickets with one
-- plain clock are left out: their spell is their life. What ends a spell for good, or until a reopening, is that of
-- time_to_resolve, but for: exchanges (time_to_next_reply), stays with the team (time_in_team), and waiting for the
-- supplier, with which time_with_supplier begins.
with epoch_targets as (
    select * from {{ ref('int_ticket_epoch_targets') }}
),

stops as (
    select * from {{ ref('int_ticket_stops') }}
),

gap_rules as (
    select * from {{ ref('int_sla_gap_rules') }} where is_break
),

closures as (
    select * from {{ ref('int_ticket_closures') }}
),

agreements as (
    select agreement_number, no_reply from {{ ref('int_measured_agreements') }}
),

lane_teams as (
    select distinct lane_number, team_id from {{ ref('int_ticket_targets') }} where metric = 'time_in_team'
),

paths as (
    select
        epoch_targets.ticket_number,
        epoch_targets.lane_number,
        epoch_targets.group_number,
        epoch_targets.metric,
        epoch_targets.group_end_at,
        agreements.no_reply,
        min(epoch_targets.moment) as group_from_at
    from epoch_targets
    inner join agreements on epoch_targets.agreement_number = agreements.agreement_number
    group by
        epoch_targets.ticket_number,
        epoch_targets.lane_number,
        epoch_targets.group_number,
        epoch_targets.metric,
        epoch_targets.group_end_at,
        agreements.no_reply
),

-- A stay with the team begins at the reopening if the ticket came while it was not open, and ended with the resolution
-- if it left before it was reopened.
stays as (
    select
        stays.ticket_number,
        stays.team_id,
        case when at_arrival.ticket_number is null then stays.from_at else at_arrival.closed_to end as from_at,
        case
            when at_leaving.ticket_number is null then stays.to_at * 2
            else at_leaving.closed_from * 2 + case when at_leaving.is_void_from_start then 1 else 0 end
        end as stop_key
    from {{ ref('int_ticket_team_stays') }} as stays
    left join closures as at_arrival
        on
            stays.ticket_number = at_arrival.ticket_number
            and stays.from_at >= at_arrival.closed_from
            and (at_arrival.closed_to is null or stays.from_at < at_arrival.closed_to)
    left join closures as at_leaving
        on
            stays.ticket_number = at_leaving.ticket_number
            and stays.to_at >= at_leaving.closed_from
            and (at_leaving.closed_to is null or stays.to_at <= at_leaving.closed_to)
),

-- The whole time in which a clock of the path could run: the ticket's life from when its agreement applies, or a stay.
bounds as (
    select
        paths.ticket_number,
        paths.lane_number,
        paths.group_number,
        paths.metric,
        1 as bound_number,
        paths.group_from_at as from_at,
        {{ stop_of('paths.metric', 'stops', 'paths.no_reply') }} as stop_key,
        stops.opened_epoch
    from paths
    inner join stops on paths.ticket_number = stops.ticket_number
    where paths.metric not in ('time_to_next_reply', 'time_in_team')
    union all
    select
        paths.ticket_number,
        paths.lane_number,
        paths.group_number,
        paths.metric,
        row_number() over (
            partition by paths.ticket_number, paths.lane_number, paths.group_number order by stays.from_at
        ) as bound_number,
        greatest(paths.group_from_at, stays.from_at) as from_at,
        least(stays.stop_key, stops.resolve_stop) as stop_key,
        stops.opened_epoch
    from paths
    inner join stops on paths.ticket_number = stops.ticket_number
    inner join lane_teams on paths.lane_number = lane_teams.lane_number
    inner join stays on paths.ticket_number = stays.ticket_number and lane_teams.team_id = stays.team_id
    where paths.metric = 'time_in_team' and stays.from_at is not null
),

-- What ends a clock within it, and from when on another can start (null = never).
ends as (
    select
        ticket_number,
        lane_number,
        group_number,
        metric,
        bound_number,
        stop_key,
        cast(null as bigint) as resumes_at
    from bounds
    where stop_key is not null
    union all
    select
        bounds.ticket_number,
        bounds.lane_number,
        bounds.group_number,
        bounds.metric,
        bounds.bound_number,
        gap_rules.stopped_at * 2 as stop_key,
        case when gap_rules.starts_new_cycle then gap_rules.gap_to end as resumes_at
    from bounds
    inner join gap_rules
        on
            bounds.ticket_number = gap_rules.ticket_number
            and bounds.lane_number = gap_rules.lane_number
            and bounds.group_number = gap_rules.group_number
            and bounds.metric = gap_rules.metric
            and bounds.from_at < gap_rules.gap_to
            and (bounds.stop_key is null or bounds.stop_key > gap_rules.stopped_at * 2 + 1)
),

ordered as (
    select
        *,
        row_number() over bound as end_number,
        lag(resumes_at) over bound as resumed_at,
        lead(stop_key) over bound as next_stop_key
    from ends
    window bound as (partition by ticket_number, lane_number, group_number, metric, bound_number order by stop_key)
),

between_ends as (
    select
        bounds.ticket_number,
        bounds.lane_number,
        bounds.group_number,
        bounds.metric,
        bounds.opened_epoch,
        case when ordered.end_number > 1 then ordered.resumed_at else bounds.from_at end as from_at,
        ordered.stop_key
    from bounds
    left join ordered
        on
            bounds.ticket_number = ordered.ticket_number
            and bounds.lane_number = ordered.lane_number
            and bounds.group_number = ordered.group_number
            and bounds.metric = ordered.metric
            and bounds.bound_number = ordered.bound_number
    union all
    select
        ordered.ticket_number,
        ordered.lane_number,
        ordered.group_number,
        ordered.metric,
        cast(null as bigint) as opened_epoch,
        ordered.resumes_at as from_at,
        cast(null as bigint) as stop_key
    from ordered
    where ordered.next_stop_key is null
),

-- A spell that ends as it begins is none, but for a ticket that was dealt with in the second of its opening.
lives as (
    select ticket_number, lane_number, group_number, metric, from_at, stop_key
    from between_ends
    where
        from_at is not null
        and (
            stop_key is null
            or stop_key >= from_at * 2 + 2
            or (stop_key >= from_at * 2 and from_at = opened_epoch)
        )
),

with_supplier as (
    select
        lives.ticket_number,
        lives.lane_number,
        lives.group_number,
        lives.metric,
        greatest(lives.from_at, min(waits.from_at)) as from_at,
        lives.stop_key
    from lives
    inner join {{ ref('int_ticket_status_intervals') }} as waits
        on
            lives.ticket_number = waits.ticket_number
            and waits.status = 'waiting_supplier'
            and (waits.to_at is null or waits.to_at > greatest(waits.from_at, lives.from_at))
            and (lives.stop_key is null or lives.stop_key > waits.from_at * 2 + 1)
    where lives.metric = 'time_with_supplier'
    group by lives.ticket_number, lives.lane_number, lives.group_number, lives.metric, lives.from_at, lives.stop_key
),

exchanges as (
    select
        paths.ticket_number,
        paths.lane_number,
        paths.group_number,
        paths.metric,
        greatest(exchanges.from_at, paths.group_from_at) as from_at,
        exchanges.stop_key
    from paths
    inner join {{ ref('int_ticket_exchanges') }} as exchanges
        on
            paths.ticket_number = exchanges.ticket_number
            and (
                exchanges.from_at >= paths.group_from_at
                or exchanges.stop_key is null
                or exchanges.stop_key >= paths.group_from_at * 2 + 2
            )
            and (paths.group_end_at is null or exchanges.from_at < paths.group_end_at)
    where paths.metric = 'time_to_next_reply'
),

spells as (
    select * from lives where metric <> 'time_with_supplier'
    union all
    select * from with_supplier
    union all
    select * from exchanges
),

final as (
    select
        cast(row_number() over () as integer) as spell_id,
        spells.ticket_number,
        spells.lane_number,
        spells.group_number,
        spells.metric,
        paths.group_end_at,
        row_number() over (
            partition by spells.ticket_number, spells.lane_number, spells.group_number, spells.metric
            order by spells.from_at, spells.stop_key nulls last
        ) as spell_number,
        spells.from_at,
        spells.stop_key
    from spells
    inner join paths
        on
            spells.ticket_number = paths.ticket_number
            and spells.lane_number = paths.lane_number
            and spells.group_number = paths.group_number
            and spells.metric = paths.metric
)

select * from final

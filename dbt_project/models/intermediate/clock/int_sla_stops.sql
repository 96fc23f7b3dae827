-- One row per ticket, metric, agreement group (null = every group) and instant at which a clock of that metric ends:
-- stopped_at, and the instant until which no clock of it can start (null = for good). is_void: it ended by
-- cancelling or merging.
with gaps as (
    select * from {{ ref('int_ticket_gaps') }}
),

gap_rules as (
    select * from {{ ref('int_sla_gap_rules') }}
),

messages as (
    select * from {{ ref('int_ticket_messages') }}
),

metrics as (
    select distinct metric from {{ ref('int_ticket_targets') }}
),

lasting as (
    select
        gaps.ticket_number,
        metrics.metric,
        cast(null as bigint) as group_number,
        case
            when metrics.metric = 'time_to_close' then coalesce(gaps.closed_at, gaps.void_at)
            else gaps.gap_from
        end as stopped_at,
        cast(null as bigint) as blocked_until_at,
        case when metrics.metric = 'time_to_close' then gaps.closed_at is null else gaps.is_void_from_start end as is_void
    from gaps
    cross join metrics
    where
        gaps.gap_to is null
        and metrics.metric in ('time_to_resolve', 'time_to_close')
),

broken as (
    select
        ticket_number,
        metric,
        group_number,
        stopped_at,
        case when starts_new_cycle then gap_to end as blocked_until_at,
        false as is_void
    from gap_rules
    where is_break
),

-- The first resolution without a reply stops the first response as well, but for agreements that count it as a breach:
-- there the clock runs on (int_sla_openings).
answered as (
    select
        ticket_number,
        'time_to_first_response' as metric,
        cast(null as bigint) as group_number,
        first_response_at as stopped_at,
        cast(null as bigint) as blocked_until_at,
        false as is_void
    from messages
    where first_response_at is not null
),

resolved_unanswered as (
    select
        gaps.ticket_number,
        'time_to_first_response' as metric,
        cast(null as bigint) as group_number,
        min(gaps.gap_from) as stopped_at,
        cast(null as bigint) as blocked_until_at,
        min(gaps.gap_from * 2 + case when gaps.is_void_from_start then 1 else 0 end) % 2 = 1 as is_void
    from gaps
    where not gaps.is_void or gaps.gap_to is null
    group by gaps.ticket_number
),

final as (
    select *, false as is_resolution_without_reply from lasting where stopped_at is not null
    union all
    select *, false as is_resolution_without_reply from broken
    union all
    select *, false as is_resolution_without_reply from answered
    union all
    select *, not is_void as is_resolution_without_reply from resolved_unanswered
)

select * from final

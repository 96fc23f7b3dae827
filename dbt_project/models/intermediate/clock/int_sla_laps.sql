-- One row per instance of max_update_gap and gap between two of its ends: its start, each reply, and its stop or as_of.
-- clock_number is negative, which those of other instances never are. Replies of one instant end one gap; a reply in the
-- second of the stop ends none.
with openings as (
    select
        openings.instance_number,
        openings.ticket_number,
        openings.started_at,
        openings.stopped_at,
        coalesce(openings.stopped_at, {{ as_of() }}) as ended_at
    from {{ ref('int_sla_openings') }} as openings
    inner join {{ ref('int_ticket_targets') }} as targets on openings.target_number = targets.target_number
    where targets.metric = 'max_update_gap'
),

replies as (
    select distinct ticket_number, moment
    from {{ ref('int_ticket_message_events') }}
    where kind = 'reply' and ticket_number in (select ticket_number from openings)
),

beginnings as (
    select instance_number, started_at, ended_at
    from openings
    union all
    select openings.instance_number, replies.moment as started_at, openings.ended_at
    from openings
    inner join replies
        on
            openings.ticket_number = replies.ticket_number
            and openings.started_at < replies.moment
            and (openings.stopped_at is null or openings.stopped_at > replies.moment)
),

final as (
    select
        -row_number() over (order by instance_number, started_at) as clock_number,
        instance_number,
        started_at,
        coalesce(lead(started_at) over (partition by instance_number order by started_at), ended_at) as ended_at
    from beginnings
)

select * from final

-- Grain: service x contiguous run of outage or partial outage, whatever any agreement makes of it: what became of it and
-- who knew when. Detection, notice and loss of data are the earliest, or greatest, that a report of it names; what lies
-- after as_of is not known yet. first_ticket_at is the first incident of the service opened while it lasted.
with stretches as (
    select * from {{ ref('int_service_downtime') }} where kind in ('outage', 'partial')
),

reports as (
    select
        service_id,
        started_epoch,
        coalesce(ended_epoch, {{ as_of() }}) as ended_epoch,
        case when detected_epoch <= {{ as_of() }} then detected_epoch end as detected_epoch,
        case when notified_epoch <= {{ as_of() }} then notified_epoch end as notified_epoch,
        data_loss_seconds
    from {{ ref('stg_feeds__outages') }}
    where kind <> 'maintenance' and started_epoch <= {{ as_of() }}
),

incidents as (
    select service_id, {{ epoch_seconds('opened_at') }} as opened_epoch
    from {{ ref('fct_ticket') }}
    where ticket_type = 'incident'
),

compared as (
    select
        *,
        case when from_at = lag(to_at) over service then 0 else 1 end as is_new
    from stretches
    window service as (partition by service_id order by from_at)
),

numbered as (
    select *, sum(is_new) over (partition by service_id order by from_at) as run_number from compared
),

runs as (
    select
        service_id,
        min(from_at) as from_at,
        max(to_at) as to_at,
        max(case when is_open then 1 else 0 end) = 1 as is_open,
        case max(case kind when 'outage' then 1 else 0 end) when 1 then 'outage' else 'partial' end as worst_kind
    from numbered
    group by service_id, run_number
),

told as (
    select
        runs.service_id,
        runs.from_at,
        min(reports.detected_epoch) as detected_epoch,
        min(reports.notified_epoch) as notified_epoch,
        max(reports.data_loss_seconds) as data_loss_seconds
    from runs
    inner join reports
        on
            runs.service_id = reports.service_id
            and reports.started_epoch < runs.to_at
            and reports.ended_epoch > runs.from_at
    group by runs.service_id, runs.from_at
),

called as (
    select
        runs.service_id,
        runs.from_at,
        min(incidents.opened_epoch) as first_ticket_epoch,
        count(*) as ticket_count
    from runs
    inner join incidents
        on
            runs.service_id = incidents.service_id
            and incidents.opened_epoch >= runs.from_at
            and (incidents.opened_epoch < runs.to_at or runs.is_open)
    group by runs.service_id, runs.from_at
),

followed as (
    select
        *,
        lead(from_at) over (partition by service_id order by from_at) as down_again_epoch
    from runs
),

final as (
    select
        followed.service_id,
        {{ utc_timestamp('followed.from_at') }} as started_at,
        case when not followed.is_open then {{ utc_timestamp('followed.to_at') }} end as ended_at,
        followed.worst_kind,
        followed.to_at - followed.from_at as wall_seconds,
        followed.is_open,
        {{ utc_timestamp('told.detected_epoch') }} as detected_at,
        case when told.detected_epoch is not null then greatest(told.detected_epoch - followed.from_at, 0) end
            as detection_seconds,
        {{ utc_timestamp('told.notified_epoch') }} as notified_at,
        case when told.notified_epoch is not null then greatest(told.notified_epoch - followed.from_at, 0) end
            as notification_seconds,
        told.data_loss_seconds,
        {{ utc_timestamp('called.first_ticket_epoch') }} as first_ticket_at,
        coalesce(called.ticket_count, 0) as ticket_count,
        case
            when called.first_ticket_epoch is not null
                then coalesce(told.notified_epoch <= called.first_ticket_epoch, false)
            when told.notified_epoch is not null then true
        end as is_notified_before_first_ticket,
        coalesce(followed.down_again_epoch - followed.to_at <= 86400, false) as is_false_all_clear,
        case
            when followed.down_again_epoch - followed.to_at <= 86400 then {{ utc_timestamp('followed.down_again_epoch') }}
        end as down_again_at,
        periods.period_start,
        days.date
    from followed
    inner join {{ ref('int_project_periods') }} as periods
        on
            {{ utc_day('followed.from_at') }} = periods.utc_day
            and followed.from_at >= periods.from_epoch
            and followed.from_at < periods.to_epoch
    {{ join_project_day('followed.from_at') }}
    left join told on followed.service_id = told.service_id and followed.from_at = told.from_at
    left join called on followed.service_id = called.service_id and followed.from_at = called.from_at
)

select * from final

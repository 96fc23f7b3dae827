-- One row per ticket and quantity that its source states: ours and theirs as integers (the verdict 1 = made, instants in
-- UTC seconds), whether they agree, and why not. The first reason that fits is given.
with evidence as (
    select * from {{ ref('int_source_evidence') }}
),

verdicts as (
    select
        ticket_key,
        source,
        ticket_id,
        'made_sla' as quantity,
        made_sla as our_value,
        source_made_sla as source_value,
        case
            when resolve_count = 0 then 'ticket_unmatched'
            when counting_count = 0 then 'not_counted'
            when made_sla is null then 'not_decided'
            when made_sla = source_made_sla then 'agrees'
            when has_quarantined_events then 'incomplete_records'
            when source_made_sla = 0 and has_later_events then 'source_newer'
            when source_made_sla = 1 and is_breached_and_open then 'breached_and_open'
            when source_made_sla = 1 and is_last_clock_met then 'earlier_clock_breached'
            when source_made_sla = 0 and has_excluded_time then 'decision'
            when source_made_sla = 0 and is_saved_by_pause then 'clock_paused'
            when source_made_sla = 0 and is_other_breached then 'other_clock_breached'
            when source_made_sla = 0 and is_saved_by_hours then 'time_off_the_clock'
            else 'other_terms'
        end as reason
    from evidence
    where source_made_sla is not null
),

reopenings as (
    select
        ticket_key,
        source,
        ticket_id,
        'reopen_count' as quantity,
        reopen_count as our_value,
        source_reopen_count as source_value,
        case
            when reopen_count = source_reopen_count then 'agrees'
            when has_quarantined_events then 'incomplete_records'
            when has_later_events then 'source_newer'
            when undone_void_count > 0 and source_reopen_count - reopen_count = undone_void_count then 'undone_cancellation'
            when
                source_reopen_count > reopen_count
                and source_reopen_count - reopen_count <= resolution_count - reopen_count - 1
                then 'resolved_again'
            when source_reopen_count > reopen_count then 'not_in_records'
            else 'not_counted_by_source'
        end as reason
    from evidence
    where source_reopen_count is not null
),

reassignments as (
    select
        ticket_key,
        source,
        ticket_id,
        'reassignment_count' as quantity,
        reassignment_count as our_value,
        source_reassignment_count as source_value,
        case
            when reassignment_count = source_reassignment_count then 'agrees'
            when has_quarantined_events then 'incomplete_records'
            when has_later_events then 'source_newer'
            when is_opened_without_team and source_reassignment_count - reassignment_count = 1 then 'first_assignment'
            when repeated_team_count > 0 and source_reassignment_count - reassignment_count = repeated_team_count
                then 'same_team_again'
            when source_reassignment_count > reassignment_count then 'not_in_records'
            else 'not_counted_by_source'
        end as reason
    from evidence
    where source_reassignment_count is not null
),

resolved as (
    select
        ticket_key,
        source,
        ticket_id,
        'resolved_at' as quantity,
        resolved_epoch as our_value,
        source_resolved_epoch as source_value,
        case
            when source_resolved_epoch is null then 'source_silent'
            when resolved_epoch = source_resolved_epoch then 'agrees'
            when has_quarantined_events then 'incomplete_records'
            when has_later_events or source_resolved_epoch > {{ as_of() }} then 'source_newer'
            when resolved_epoch is null then 'not_resolved_now'
            when source_resolved_epoch = first_resolved_at then 'first_resolution'
            when source_resolved_epoch = closed_epoch then 'closing_time'
            when source_resolved_epoch > resolved_epoch then 'stamped_again'
            else 'earlier_in_source'
        end as reason
    from evidence
    where source_resolved_epoch is not null or resolved_epoch is not null
),

closed as (
    select
        ticket_key,
        source,
        ticket_id,
        'closed_at' as quantity,
        closed_epoch as our_value,
        source_closed_epoch as source_value,
        case
            when source_closed_epoch is null then 'source_silent'
            when closed_epoch = source_closed_epoch then 'agrees'
            when has_quarantined_events then 'incomplete_records'
            when has_later_events or source_closed_epoch > {{ as_of() }} then 'source_newer'
            when closed_epoch is null then 'not_closed_now'
            when source_closed_epoch > closed_epoch then 'stamped_again'
            else 'earlier_in_source'
        end as reason
    from evidence
    where source_closed_epoch is not null or closed_epoch is not null
),

united as (
    select * from verdicts
    union all
    select * from reopenings
    union all
    select * from reassignments
    union all
    select * from resolved
    union all
    select * from closed
),

final as (
    select
        *,
        case
            when reason = 'agrees' then 'agrees'
            when reason in ('ticket_unmatched', 'not_counted', 'not_decided', 'source_silent') then 'not_compared'
            else 'differs'
        end as outcome
    from united
)

select * from final

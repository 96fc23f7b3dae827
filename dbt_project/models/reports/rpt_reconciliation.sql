-- Grain: source x quantity x reason. What a tool says of its own tickets beside what its records show, counted by why the
-- two differ. Only quantities that the source states for any ticket.
with comparisons as (
    select * from {{ ref('int_source_comparisons') }}
),

totals as (
    select
        source,
        quantity,
        count(case when outcome <> 'not_compared' then 1 end) as compared_count,
        count(case when outcome = 'agrees' then 1 end) as agreeing_count
    from comparisons
    group by source, quantity
    having max(case when source_value is not null then 1 else 0 end) = 1
),

reasons as (
    select
        source,
        quantity,
        outcome,
        reason,
        count(*) as ticket_count
    from comparisons
    group by source, quantity, outcome, reason
),

final as (
    select
        reasons.source,
        reasons.quantity,
        reasons.outcome,
        reasons.reason,
        case reasons.reason
            when 'agrees' then 'Both say the same.'
            when 'ticket_unmatched' then 'No target for resolution measures the ticket.'
            when 'not_counted' then 'Our clock is in no figure: cancelled, superseded or excluded by a Decision.'
            when 'not_decided' then 'Our clock still runs or pauses.'
            when 'source_silent' then 'We know the instant from the records; the source names none.'
            when 'incomplete_records' then 'A record of the ticket is in quarantine: ours is half the story.'
            when 'source_newer' then 'The source already knows what happened after as_of.'
            when 'breached_and_open' then 'Breached and still open: the tool judges only when the ticket is closed.'
            when 'earlier_clock_breached' then 'An earlier clock of the ticket breached; the tool judges the last one alone.'
            when 'decision' then 'A Decision took time off our clock.'
            when 'clock_paused' then 'Met because the clock paused as agreed; with the pauses it would be over the target.'
            when 'other_clock_breached' then 'Resolved in time, but another of its clocks breached.'
            when 'time_off_the_clock' then 'Met in agreed hours; in wall time it would be over the target.'
            when 'other_terms' then 'No rule of ours explains it: the tool measures against other terms.'
            when 'undone_cancellation' then 'The tool counts undoing a cancellation or merge as reopening.'
            when 'resolved_again' then 'Resolved again without having been reopened; the tool counts it.'
            when 'first_assignment' then 'The tool counts the first assignment.'
            when 'same_team_again' then 'The tool counts assignments to the team that held the ticket already.'
            when 'not_in_records' then 'The tool counts more than its records show.'
            when 'not_counted_by_source' then 'The records show more than the tool counts.'
            when 'not_resolved_now' then 'The tool keeps an instant of resolution; the ticket is open, cancelled or merged.'
            when 'not_closed_now' then 'The tool keeps an instant of closing; the ticket is not closed.'
            when 'first_resolution' then 'The tool keeps the first resolution; the ticket was reopened since.'
            when 'closing_time' then 'The tool takes the closing for the resolution.'
            when 'stamped_again' then 'The tool set a later instant with an update that changed no status.'
            when 'earlier_in_source' then 'The tool names an earlier instant than the change of status.'
        end as explanation,
        reasons.ticket_count,
        totals.compared_count,
        totals.agreeing_count,
        {{ ratio('totals.agreeing_count', 'totals.compared_count') }} as agreeing_ratio
    from reasons
    inner join totals on reasons.source = totals.source and reasons.quantity = totals.quantity
)

select * from final

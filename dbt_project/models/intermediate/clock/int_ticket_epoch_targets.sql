-- One row per ticket, lane, epoch and metric of the agreement: the target that the values of the epoch call for. Where a
-- ticket has several epochs there is a row with a null target too, where none admits them. Under `final_value` every
-- epoch of a group has the target of the group's last one. A lane of other rules has only the tickets for which they can
-- matter. Left out is what needs no order: a clock of the ticket's whole life (int_sla_plain_openings).
with ticket_agreements as (
    select * from {{ ref('int_ticket_agreements') }} where agreement_number is not null
),

profile_targets as (
    select * from {{ ref('int_profile_targets') }}
),

targets as (
    select * from {{ ref('int_ticket_targets') }}
),

agreement_metrics as (
    select distinct agreement_number, rule_set, lane_number, metric, priority_change from targets
),

inherited as (
    select * from {{ ref('int_ticket_inherited_openings') }}
),

stops as (
    select ticket_number, is_reopened from {{ ref('int_ticket_stops') }}
),

decided as (
    select ticket_number from {{ ref('int_ticket_decided') }}
),

read as (
    select
        ticket_agreements.*,
        stops.is_reopened,
        decided.ticket_number is not null as is_decided
    from ticket_agreements
    inner join stops on ticket_agreements.ticket_number = stops.ticket_number
    left join decided on ticket_agreements.ticket_number = decided.ticket_number
),

unchanged as (
    select
        read.ticket_number,
        profile_targets.lane_number,
        read.epoch_number,
        read.moment,
        read.group_number,
        read.group_end_at,
        read.agreement_number,
        read.profile_number,
        profile_targets.metric,
        profile_targets.target_number,
        profile_targets.threshold_seconds
    from read
    inner join profile_targets
        on
            read.profile_number = profile_targets.profile_number
            and read.agreement_number = profile_targets.agreement_number
    where
        not read.is_changed
        and not (not read.is_reopened and profile_targets.metric in {{ whole_life_clocks() }})
        and (
            profile_targets.rule_set = 'agreed'
            or (profile_targets.rule_set = 'without_exclusions' and read.is_decided)
            or (profile_targets.rule_set like 'reopen%' and read.is_reopened)
        )
),

changed as (
    select
        read.*,
        agreement_metrics.rule_set,
        agreement_metrics.lane_number,
        agreement_metrics.metric,
        case
            when agreement_metrics.priority_change = 'final_value'
                then last_value(read.profile_number) over (
                    partition by read.ticket_number, read.group_number, agreement_metrics.lane_number, agreement_metrics.metric
                    order by read.epoch_number
                    rows between unbounded preceding and unbounded following
                )
            else read.profile_number
        end as deciding_profile_number
    from read
    inner join agreement_metrics on read.agreement_number = agreement_metrics.agreement_number
    where
        read.is_changed
        and (
            agreement_metrics.rule_set = 'agreed'
            or (agreement_metrics.rule_set = 'without_exclusions' and read.is_decided)
            or (agreement_metrics.rule_set like 'reopen%' and read.is_reopened)
        )
),

found as (
    select * from unchanged
    union all
    select
        changed.ticket_number,
        changed.lane_number,
        changed.epoch_number,
        changed.moment,
        changed.group_number,
        changed.group_end_at,
        changed.agreement_number,
        changed.profile_number,
        changed.metric,
        profile_targets.target_number,
        profile_targets.threshold_seconds
    from changed
    left join profile_targets
        on
            changed.deciding_profile_number = profile_targets.profile_number
            and changed.agreement_number = profile_targets.agreement_number
            and changed.lane_number = profile_targets.lane_number
            and changed.metric = profile_targets.metric
),

final as (
    select found.* replace ({{ waits_since('found.metric', 'inherited', 'found.moment') }} as moment)
    from found
    left join inherited on found.ticket_number = inherited.ticket_number and found.epoch_number = 1
)

select * from final

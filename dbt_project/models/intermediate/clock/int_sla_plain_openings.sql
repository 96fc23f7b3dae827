-- One row per clock that lives as long as its ticket: nothing that chooses its target ever changes, the ticket is never
-- reopened, and the metric asks for no more than the opening and one end. Most clocks are such, and nothing about them needs
-- an order. A view: int_sla_openings is its only reader.
{{ config(materialized='view') }}

with ticket_agreements as (
    select * from {{ ref('int_ticket_agreements') }} where agreement_number is not null and not is_changed
),

profile_targets as (
    select * from {{ ref('int_profile_targets') }} where metric in {{ whole_life_clocks() }}
),

targets as (
    select * from {{ ref('int_ticket_targets') }}
),

stops as (
    select * from {{ ref('int_ticket_stops') }} where not is_reopened
),

inherited as (
    select * from {{ ref('int_ticket_inherited_openings') }}
),

assignments as (
    select * from {{ ref('int_ticket_first_assignments') }}
),

decided as (
    select ticket_number from {{ ref('int_ticket_decided') }}
),

clocks as (
    select
        ticket_agreements.ticket_number,
        profile_targets.target_number,
        ticket_agreements.profile_number,
        case
            when targets.clock_start = 'ticket.assigned' then assignments.first_assigned_at
            else {{ waits_since('targets.metric', 'inherited', 'ticket_agreements.moment') }}
        end as started_at,
        {{ stop_of('targets.metric', 'stops', 'targets.no_reply') }} as stop_key
    from ticket_agreements
    inner join profile_targets
        on
            ticket_agreements.profile_number = profile_targets.profile_number
            and ticket_agreements.agreement_number = profile_targets.agreement_number
    inner join targets on profile_targets.target_number = targets.target_number
    inner join stops on ticket_agreements.ticket_number = stops.ticket_number
    left join inherited on ticket_agreements.ticket_number = inherited.ticket_number
    left join assignments
        on ticket_agreements.ticket_number = assignments.ticket_number and targets.clock_start = 'ticket.assigned'
    left join decided on ticket_agreements.ticket_number = decided.ticket_number
    where
        profile_targets.rule_set = 'agreed'
        or (profile_targets.rule_set = 'without_exclusions' and decided.ticket_number is not null)
),

final as (
    select * from clocks
    where started_at is not null and (stop_key is null or started_at * 2 <= stop_key)
)

select * from final

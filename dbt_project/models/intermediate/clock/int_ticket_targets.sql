-- One row per target that is measured on tickets and set of rules, with the policies of its agreement version: what the
-- clock models need to know of a contract. rule_set: as agreed; under each other way to treat a reopening; and without
-- what Decisions exclude. Only `agreed` becomes facts; the others are read where they can differ, so that a figure can be
-- shown under other rules. lane_number: a story of agreements (int_measured_agreements) under one set of rules.
{% set rule_sets = {
    'agreed': none,
    'reopen_resume': 'resume',
    'reopen_new_cycle': 'new_cycle',
    'reopen_ignore': 'ignore',
    'without_exclusions': none
} %}

with targets as (
    select * from {{ ref('stg_agreements__targets') }} where is_measured and metric in {{ ticket_clocks() }}
),

agreements as (
    select * from {{ ref('int_measured_agreements') }}
),

rule_sets as (
    {% for rule_set, mode in rule_sets.items() -%}
        {{ 'union all' if not loop.first }}
        select
            {{ loop.index0 }} as rule_set_number,
            '{{ rule_set }}' as rule_set,
            {{ "'" ~ mode ~ "'" if mode else 'cast(null as varchar)' }} as other_reopen_mode
    {% endfor %}
),

calendars as (
    select distinct calendar_id, calendar_number from {{ ref('int_calendar_pieces') }}
),

period_kinds as (
    select distinct time_zone, period_type, period_number from {{ ref('int_period_pieces') }}
),

measured as (
    select
        targets.target_id,
        targets.metric,
        targets.threshold_seconds,
        targets.target_ppm,
        targets.calendar_id,
        targets.clock_start,
        agreements.*
    from targets
    inner join agreements
        on
            targets.agreement_id = agreements.agreement_id
            and targets.agreement_version = agreements.agreement_version
),

final as (
    select
        cast(
            row_number() over (
                order by
                    rule_sets.rule_set_number, measured.agreement_id, measured.agreement_version, measured.target_id
            ) as integer
        ) as target_number,
        measured.story_number * {{ rule_sets | length }} + rule_sets.rule_set_number as lane_number,
        rule_sets.rule_set,
        measured.agreement_number,
        measured.story_number,
        measured.agreement_id,
        measured.agreement_version,
        measured.team_id,
        measured.target_id,
        measured.metric,
        measured.threshold_seconds,
        measured.target_ppm,
        measured.calendar_id,
        calendars.calendar_number,
        measured.clock_start,
        measured.time_zone,
        measured.period_type,
        period_kinds.period_number,
        measured.attribution,
        coalesce(rule_sets.other_reopen_mode, measured.reopen_mode) as reopen_mode,
        measured.reopen_window_days,
        measured.priority_change,
        measured.no_reply
    from measured
    -- Where the agreed rule for a reopening is the one to try, it is read as agreed.
    inner join rule_sets
        on rule_sets.other_reopen_mode is null or measured.reopen_mode <> rule_sets.other_reopen_mode
    inner join calendars on measured.calendar_id = calendars.calendar_id
    inner join period_kinds
        on measured.time_zone = period_kinds.time_zone and measured.period_type = period_kinds.period_type
)

select * from final

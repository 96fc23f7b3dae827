"""From a published figure to the facts behind it.

Belongs here: which rows of which fact a figure counts, and what each of them adds to its two integers. Does not belong
here: counting the figure, the landed records behind a fact (dbt_project), printing the chain for a person (reporting).

`figure_evidence` is a view over the facts of its release: it holds nothing of its own, so it can neither disagree with
them nor grow with the ledger. Rows are kept only of figures that were restated (`restatement_evidence`), because the
release that had the former facts may be gone one day.
"""

from publishing.ledger import key_of
from publishing.withholding import WITHHELD

COMMENTS = {
    "": "One row per figure and fact row that it counts: its numerator and denominator parts add up to the figure's. "
    "A view over the facts of this release, in which the figures of earlier releases are not. A withheld figure has no "
    "rows.",
    "figure_key": "Key of the figure, as in figure.",
    "report_table": "Report table in which the figure stands.",
    "fact_table": "fct_ticket_sla, fct_service_availability, fct_outage_recovery, fct_survey_sla or "
    "fct_survey_response.",
    "fact_key": "Key of the fact row: source:ticket/target/cycle, service/day, service/start or "
    "source:response/instrument/item, with the position if one is stated.",
    "agreement_id": "Agreement of the figure; null outside any agreement.",
    "agreement_version": "Version of that agreement.",
    "target_id": "Target of the figure; null outside any agreement.",
    "customer_id": "Customer to whom the figure is reported.",
    "service_id": "Service that the fact row is about.",
    "period_start": "First day of the figure's period, local to the agreement.",
    "source": "Source of the ticket or answer; null for days of availability.",
    "ticket_key": "Ticket, source:id; its segments are in fct_sla_clock_segment. Null for days and for answers about "
    "no ticket.",
    "cycle_number": "Cycle of the ticket's clock; null for other facts.",
    "date": "Local day of availability; null for other facts.",
    "response_id": "Survey response; null for other facts.",
    "fact_started_at": "Start of the day or failure, UTC; null for other facts.",
    "fact_ended_at": "End of the day or failure, UTC; null for other facts and while a failure lasts.",
    "numerator_part": "What the row adds to the numerator: good events, or seconds.",
    "denominator_part": "What the row adds to the denominator: events, or seconds.",
}

# Facts of targets: grain, and what each row adds to its figure. `{marts}` is the schema.
_OF_TARGETS = """
    select
        'fct_ticket_sla' as fact_table,
        ticket_key || '/' || target_id || '/' || cycle_number as fact_key,
        agreement_id, agreement_version, target_id, service_id, period_start, source, ticket_key, cycle_number,
        cast(null as date) as date, cast(null as varchar) as response_id,
        cast(null as timestamp) as fact_started_at, cast(null as timestamp) as fact_ended_at,
        case when state = 'met' then 1 else 0 end as numerator_part, 1 as denominator_part
    from {marts}.fct_ticket_sla
    where state in ('met', 'breached') and period_start is not null
    union all
    select
        'fct_service_availability', days.service_id || '/' || days.date, days.agreement_id, days.agreement_version,
        days.target_id, days.service_id, days.period_start, null, null, null, days.date, null,
        local_days.started_at, local_days.ended_at,
        days.agreed_seconds - days.weighted_downtime_seconds
        - case when policies.excluded_time = 'remove_from_denominator' then days.excluded_seconds else 0 end
        - case when policies.unmeasured <> 'counts_as_up' then days.unmeasured_seconds else 0 end,
        days.agreed_seconds
        - case when policies.excluded_time = 'remove_from_denominator' then days.excluded_seconds else 0 end
        - case when policies.unmeasured = 'remove_from_denominator' then days.unmeasured_seconds else 0 end
    from {marts}.fct_service_availability as days
    inner join {marts}.dim_agreement as policies
        on days.agreement_id = policies.agreement_id and days.agreement_version = policies.agreement_version
    inner join {marts}.dim_target as targets
        on
            days.agreement_id = targets.agreement_id
            and days.agreement_version = targets.agreement_version
            and days.target_id = targets.target_id
            and targets.metric = 'availability'
    left join {marts}.dim_local_day as local_days
        on policies.time_zone = local_days.time_zone and days.date = local_days.date
    union all
    select
        'fct_outage_recovery', service_id || '/' || started_at, agreement_id, agreement_version, target_id, service_id,
        period_start, null, null, null, null, null, started_at, restored_at,
        case when state = 'met' then 1 else 0 end, 1
    from {marts}.fct_outage_recovery
    where state in ('met', 'breached')
    union all
    select
        'fct_survey_sla',
        source || ':' || response_id || '/' || instrument_id || '/' || item || coalesce('/' || position, ''),
        agreement_id, agreement_version, target_id, service_id, period_start, source, ticket_key, null, null,
        response_id, null, null, numerator_part, 1
    from {marts}.fct_survey_sla
"""

_QUERY = """
with fact as ({of_targets})
select
    {scorecard_key} as figure_key, 'rpt_sla_scorecard' as report_table, fact.fact_table, fact.fact_key,
    fact.agreement_id, fact.agreement_version, fact.target_id, report.customer_id, fact.service_id, fact.period_start,
    fact.source, fact.ticket_key, fact.cycle_number, fact.date, fact.response_id, fact.fact_started_at,
    fact.fact_ended_at,
    cast(fact.numerator_part as bigint) as numerator_part, cast(fact.denominator_part as bigint) as denominator_part
from fact
inner join {marts}.rpt_sla_scorecard as report
    on
        fact.agreement_id = report.agreement_id
        and fact.agreement_version = report.agreement_version
        and fact.target_id = report.target_id
        and coalesce(fact.service_id, '') = coalesce(report.service_id, '')
        and fact.period_start = report.period_start
        {published}
union all
select
    {target_key}, 'rpt_sla_target', fact.fact_table, fact.fact_key, fact.agreement_id, fact.agreement_version,
    fact.target_id, report.customer_id, fact.service_id, fact.period_start, fact.source, fact.ticket_key,
    fact.cycle_number, fact.date, fact.response_id, fact.fact_started_at, fact.fact_ended_at,
    cast(fact.numerator_part as bigint), cast(fact.denominator_part as bigint)
from fact
inner join {marts}.rpt_sla_target as report
    on
        fact.agreement_id = report.agreement_id
        and fact.agreement_version = report.agreement_version
        and fact.target_id = report.target_id
        and fact.period_start = report.period_start
        {published}
union all
select
    {experience_key}, 'rpt_experience', 'fct_survey_response',
    answer.source || ':' || answer.response_id || '/' || answer.instrument_id || '/' || answer.item
    || coalesce('/' || answer.position, ''), null, null, null, answer.customer_id,
    answer.service_id, answer.period_start, answer.source, answer.ticket_key, null, null, answer.response_id, null,
    null,
    cast(
        case
            when answer.kind = 'nps' and answer.is_promoter then 1
            when answer.kind = 'nps' and answer.is_detractor then -1
            when answer.kind = 'nps' then 0
            when answer.is_top2 then 1
            else 0
        end as bigint
    ),
    cast(1 as bigint)
from {marts}.fct_survey_response as answer
inner join {marts}.rpt_experience as report
    on
        answer.customer_id = report.customer_id
        and coalesce(answer.service_id, '') = coalesce(report.service_id, '')
        and answer.item = report.item
        and coalesce(answer.kind, '') = coalesce(report.kind, '')
        and answer.period_start = report.period_start
where answer.is_counted and answer.respondent_role = 'customer'
"""


def evidence_query(marts: str, *, of_withheld: bool = False) -> str:
    """SQL with one row per figure and fact row, over the published tables in the schema `marts`.

    Withheld figures have none, unless they are asked for `of_withheld`: their parts would add up to the figure.
    """
    return _QUERY.format(
        of_targets=_OF_TARGETS.format(marts=marts),
        marts=marts,
        published="" if of_withheld else f"and report.status is distinct from '{WITHHELD}'",
        scorecard_key=key_of("rpt_sla_scorecard", "fact"),
        target_key=key_of("rpt_sla_target", "fact"),
        experience_key=key_of("rpt_experience", "answer"),
    )

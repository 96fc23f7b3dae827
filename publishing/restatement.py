"""Why a closed figure moved: the difference between two editions, split by cause, and the facts that made it.

The split is calculated, not guessed. Whoever publishes computes the figure again with one kind of input brought up to
date after the other (`Step`), in the order of `CAUSES`; each cause gets the difference that its step made. The first
step starts from the value as published and the last one ends at the value of this build, so the parts add up to the
whole. What no computation explains is `unattributed`: said, and never put down to a neighbour.

Belongs here: the causes, the split, the tables `restatement` and `restatement_evidence`. Does not belong here:
computing a figure again (orchestration runs the models), which figures moved (`ledger`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path

import duckdb

from publishing.build import PUBLISHED_SCHEMA, quoted_path
from publishing.evidence import evidence_query
from publishing.ledger import ABSENT, Origin, Restated, Value
from publishing.withholding import WITHHELD

# In the order in which inputs are brought up to date.
CAUSES = {
    "code": "other code calculates it from the same records under the same agreements",
    "definition_change": "the metric's formula, or what slm.yaml says records mean, is another",
    "code_and_definition": "code and the metric's formula are others, and which of them did it cannot be computed",
    "amendment": "another text of agreements, calendars or parties",
    "decision": "a Decision was accepted, changed or revoked",
    "late_data": "records that were not there, or not yet due, when the former edition was published",
    "source_correction": "records that came before now say something else, or are gone",
    "unattributed": "the former edition could not be calculated again",
}

_RESTATEMENT = """
    figure_key varchar not null,
    edition integer not null,
    step_number integer not null,
    cause varchar not null,
    explanation varchar not null,
    release_id varchar not null,
    as_of_at timestamp not null,
    report_table varchar not null,
    agreement_id varchar not null,
    agreement_version integer not null,
    target_id varchar not null,
    customer_id varchar,
    service_id varchar,
    metric varchar not null,
    period_start date not null,
    former_release_id varchar not null,
    former_edition integer not null,
    former_numerator bigint not null,
    former_denominator bigint not null,
    former_status varchar,
    numerator bigint not null,
    denominator bigint not null,
    status varchar,
    numerator_difference bigint not null,
    denominator_difference bigint not null,
    status_before varchar,
    status_after varchar
"""
RESTATEMENT_COMMENTS = {
    "": "One row per edition of a closed figure after the first, and cause of its difference to the edition before. "
    "Code that changed before and after a formula is two rows. The differences of an edition add up to new value less "
    "former value. Empty as long as no closed figure moved.",
    "figure_key": "Key of the figure, as in figure.",
    "edition": "Edition that this explains, 2 or later.",
    "step_number": "Place of the cause in the order in which inputs were brought up to date, from 1.",
    "cause": "; ".join(f"{cause}: {text}" for cause, text in CAUSES.items()) + ".",
    "explanation": "What changed, in words: revisions, Decisions, loads.",
    "release_id": "Release that published the edition.",
    "as_of_at": "Instant that release spoke for, UTC.",
    "report_table": "Report table in which the figure stands.",
    "agreement_id": "Agreement of the figure.",
    "agreement_version": "Version of that agreement.",
    "target_id": "Target of the figure.",
    "customer_id": "Customer to whom the figure is reported.",
    "service_id": "Service of the figure; null where it spans services.",
    "metric": "Metric, or survey item.",
    "period_start": "First day of the period, local to the agreement.",
    "former_release_id": "Release that published the former edition.",
    "former_edition": "Edition before.",
    "former_numerator": "Numerator of the former edition: good events, or seconds.",
    "former_denominator": "Denominator of the former edition: counted events, or seconds.",
    "former_status": "Status of the former edition.",
    "numerator": "Numerator of this edition: good events, or seconds.",
    "denominator": "Denominator of this edition: counted events, or seconds.",
    "status": "Status of this edition.",
    "numerator_difference": "What this cause added to the numerator; negative if it took away.",
    "denominator_difference": "What this cause added to the denominator; negative if it took away.",
    "status_before": "Status before this cause took effect.",
    "status_after": "Status after it.",
}

_EVIDENCE = """
    figure_key varchar not null,
    edition integer not null,
    fact_table varchar not null,
    fact_key varchar not null,
    customer_id varchar,
    source varchar,
    ticket_key varchar,
    change varchar not null,
    former_numerator_part bigint not null,
    former_denominator_part bigint not null,
    numerator_part bigint not null,
    denominator_part bigint not null
"""
EVIDENCE_COMMENTS = {
    "": "One row per edition of a closed figure after the first, and fact row that it counts otherwise than the "
    "release before did. The differences of the parts add up to that of the figure.",
    "figure_key": "Key of the figure, as in figure.",
    "edition": "Edition that the row belongs to, 2 or later.",
    "fact_table": "Fact that the row is of, as in figure_evidence.",
    "fact_key": "Key of the fact row, as in figure_evidence.",
    "customer_id": "Customer to whom the figure is reported.",
    "source": "Source of the ticket or answer; null for days of availability.",
    "ticket_key": "Ticket, source:id; null for facts about no ticket.",
    "change": "added, removed or changed.",
    "former_numerator_part": "What the row added to the numerator before: events, or seconds; 0 if it was not there.",
    "former_denominator_part": "What it added to the denominator before; 0 if it was not there.",
    "numerator_part": "What it adds to the numerator now: events, or seconds; 0 if it is gone.",
    "denominator_part": "What it adds to the denominator now; 0 if it is gone.",
}


@dataclass(frozen=True)
class Step:
    """The closed figures with one more kind of input brought up to date; a figure it does not have is absent.

    An explanation is shown to whose figure moved: `explanation` names nobody, what does stands in `of_agreement`, by
    the agreement that it is about, in place of it.
    """

    cause: str
    explanation: str
    values: Mapping[str, Value]
    of_agreement: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Restating:
    """What a restatement is made from: the release that the steps start from, and the steps in their order."""

    base: Path | None = None
    steps: Sequence[Step] = field(default_factory=tuple)
    failure: str = ""  # why there are no steps though figures moved; shown to every customer


@dataclass(frozen=True)
class Part:
    """What one cause did to a figure."""

    cause: str
    explanation: str
    before: Value
    after: Value


def split(figure: Restated, restating: Restating) -> list[Part]:
    """The causes that moved the figure, each with what it did; from the former value to the present one."""
    parts: list[Part] = []
    value = figure.former
    for step in restating.steps:
        after = step.values.get(figure.figure_key, ABSENT)
        if after != value:
            explanation = step.of_agreement.get(figure.agreement_id, step.explanation)
            parts.append(Part(step.cause, explanation, value, after))
        value = after
    if value != figure.now:
        reason = restating.failure or "computing it again from the recorded inputs gives the former value"
        parts.append(Part("unattributed", reason, value, figure.now))
    return [_joined(list(of_cause)) for _, of_cause in groupby(parts, key=lambda part: part.cause)]


def _joined(parts: list[Part]) -> Part:
    explanation = "; ".join(dict.fromkeys(part.explanation for part in parts))
    return replace(parts[0], explanation=explanation, after=parts[-1].after)


def write_restatements(
    connection: duckdb.DuckDBPyConnection,
    previous: Path | None,
    origin: Origin,
    figures: Sequence[Restated],
    restating: Restating,
) -> None:
    """Create both tables in the release database: what earlier releases explained, and the figures restated now.

    `previous` is the directory of the release whose tables are carried on; `propose` has been called before.
    """
    for table, columns in (("restatement", _RESTATEMENT), ("restatement_evidence", _EVIDENCE)):
        connection.execute(f"create table {PUBLISHED_SCHEMA}.{table} ({columns})")
        carried = previous / "parquet" / f"{table}.parquet" if previous else None
        if carried is not None and carried.is_file():
            connection.execute(
                f"insert into {PUBLISHED_SCHEMA}.{table} by name select * from read_parquet('{quoted_path(carried)}')"
            )
    for figure in figures:
        for number, part in enumerate(split(figure, restating), start=1):
            _insert_part(connection, origin, figure, number, part)
    if figures and restating.base is not None:
        _insert_evidence(connection, restating.base)


def _insert_part(
    connection: duckdb.DuckDBPyConnection, origin: Origin, figure: Restated, number: int, part: Part
) -> None:
    connection.execute(
        f"""
        insert into {PUBLISHED_SCHEMA}.restatement by name
        select
            figure_key, edition, $step as step_number, $cause as cause, $explanation as explanation,
            $release_id as release_id, make_timestamp(cast($as_of_epoch as bigint) * 1000000) as as_of_at,
            report_table, agreement_id, agreement_version, target_id, customer_id, service_id, metric, period_start,
            former_release_id, former_edition, former_numerator, former_denominator, former_status,
            numerator, denominator, status,
            $numerator as numerator_difference, $denominator as denominator_difference,
            $before as status_before, $after as status_after
        from proposed where figure_key = $figure_key
        """,
        {
            "step": number,
            "cause": part.cause,
            "explanation": part.explanation,
            "release_id": origin.release_id,
            "as_of_epoch": origin.as_of_epoch,
            "numerator": part.after.numerator - part.before.numerator,
            "denominator": part.after.denominator - part.before.denominator,
            "before": part.before.status,
            "after": part.after.status,
            "figure_key": figure.figure_key,
        },
    )


def _insert_evidence(connection: duckdb.DuckDBPyConnection, base: Path) -> None:
    """Fact rows of the restated figures that count otherwise than in the release `base`."""
    connection.execute(f"attach '{quoted_path(base / 'slm.duckdb')}' as base (read_only)")
    has_evidence = connection.execute(
        "select count(*) from duckdb_views() where database_name = 'base' and view_name = 'figure_evidence'"
    ).fetchone()
    if has_evidence and has_evidence[0]:  # releases of the first version have none
        # What was withheld in between had a value before: its former rows are those of the facts.
        withholds = connection.execute(
            f"select exists(select 1 from base.{PUBLISHED_SCHEMA}.rpt_sla_scorecard where status = '{WITHHELD}')"
            f" or exists(select 1 from base.{PUBLISHED_SCHEMA}.rpt_sla_target where status = '{WITHHELD}')"
        ).fetchone()
        former = f"select * from base.{PUBLISHED_SCHEMA}.figure_evidence"
        if withholds and withholds[0]:
            former = evidence_query(f"base.{PUBLISHED_SCHEMA}", of_withheld=True)
        connection.execute(
            f"""
            insert into {PUBLISHED_SCHEMA}.restatement_evidence
            with restated as (select figure_key, edition, customer_id from proposed where is_restated),
            before as (
                select * from ({former})
                where figure_key in (select figure_key from restated)
            ),
            now as (
                select * from {PUBLISHED_SCHEMA}.figure_evidence
                where figure_key in (select figure_key from restated)
            )
            select
                restated.figure_key, restated.edition, coalesce(now.fact_table, before.fact_table),
                coalesce(now.fact_key, before.fact_key), restated.customer_id, coalesce(now.source, before.source),
                coalesce(now.ticket_key, before.ticket_key),
                case when before.fact_key is null then 'added' when now.fact_key is null then 'removed'
                    else 'changed' end,
                coalesce(before.numerator_part, 0), coalesce(before.denominator_part, 0),
                coalesce(now.numerator_part, 0), coalesce(now.denominator_part, 0)
            from before
            full join now
                on
                    before.figure_key = now.figure_key
                    and before.fact_table = now.fact_table
                    and before.fact_key = now.fact_key
            inner join restated on restated.figure_key = coalesce(now.figure_key, before.figure_key)
            where
                before.numerator_part is distinct from now.numerator_part
                or before.denominator_part is distinct from now.denominator_part
            """
        )
    connection.execute("detach base")

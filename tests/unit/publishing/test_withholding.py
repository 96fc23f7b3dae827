"""Of a withheld agreement no report, evidence or file says a number; of the others nothing is missing."""

import re
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from publishing.errors import PublishRefused
from publishing.restatement import Restating
from publishing.withholding import BLANKED, LEFT_OUT, is_about_agreements, rows_to_publish
from tests.unit.publishing.conftest import AS_OF, Desk, figure

# Every measure of the withheld agreement holds this number, and none of the other's.
TELLING = 7_777
KEY = "rpt_sla_scorecard/sla/1/resolve/mail/2026-03-01"


def row_of(model: dict[str, Any], agreement: str, number: int) -> dict[str, Any]:
    """A row of the agreement in which every measure is the number."""
    fixed = {"agreement_id": agreement, "agreement_version": 1, "agreement_type": "SLA", "target_ratio": 0.5}
    values = {
        "varchar": "x", "integer": 1, "bigint": number, "double": float(number), "boolean": True,
        "date": date(2026, 3, 1), "timestamp": datetime(2026, 3, 1), "decimal": number,
    }  # fmt: skip
    return {
        name: fixed.get(name, values[column["data_type"].split("(")[0]]) for name, column in model["columns"].items()
    }


def reports(models: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {model["name"]: model for model in models if is_about_agreements(model["name"], model["columns"])}


def test_every_report_on_agreements_says_what_becomes_of_it(published_models: list[dict[str, Any]]) -> None:
    assert set(reports(published_models)) == BLANKED | LEFT_OUT
    assert {name for name, model in reports(published_models).items() if "status" not in model["columns"]} <= LEFT_OUT


@pytest.mark.parametrize("withheld", [[], ["sla"]])
def test_report_of_which_nobody_said_what_becomes_of_it_is_not_published(withheld: list[str]) -> None:
    with pytest.raises(PublishRefused, match=r"rpt_new has figures of agreements.*withholding\.py"):
        rows_to_publish("build.rpt_new", "rpt_new", {"agreement_id": "VARCHAR", "met_count": "BIGINT"}, withheld)
    assert rows_to_publish("build.fct_new", "fct_new", {"agreement_id": "VARCHAR"}, withheld).endswith("build.fct_new")


def test_no_report_says_a_number_of_a_withheld_agreement(desk: Desk, published_models: list[dict[str, Any]]) -> None:
    tables = {
        name: [row_of(model, "sla", TELLING), row_of(model, "other", 5)]
        for name, model in reports(published_models).items()
    }
    release = desk.publish(*tables.pop("rpt_sla_scorecard"), withheld={"sla": "why"}, **tables)
    for name in reports(published_models):
        for relation in (f"marts.{name}", f"read_parquet('{release.directory / 'parquet' / name}.parquet')"):
            found = desk.in_force(f"select * from {relation} where agreement_id = 'sla'")
            assert str(TELLING) not in str(found), relation
            assert True not in {value for row in found for value in row if isinstance(value, bool)}, relation
            assert bool(found) == (name in BLANKED), relation
            others = desk.in_force(f"select * from {relation} where agreement_id = 'other'")
            assert re.search(r"\b5\b", str(others)), relation
    for name in BLANKED:
        assert desk.in_force(f"select status, target_ratio from marts.{name} where agreement_id = 'sla'") == [
            ("withheld", 0.5)
        ]


def clock(ticket: str, agreement: str, state: str = "met") -> dict[str, Any]:
    return {
        "ticket_key": f"desk:{ticket}", "agreement_id": agreement, "agreement_version": 1, "target_id": "resolve",
        "service_id": "mail", "cycle_number": 1, "state": state, "period_start": date(2026, 3, 1),
    }  # fmt: skip


def night(desk: Desk, day: int, numerator: int, state: str, withheld: str = "", base: Path | None = None) -> None:
    desk.publish(
        figure(numerator, 1, period_status="closed"),
        figure(1, 1, agreement_id="other", period_status="closed"),
        as_of=AS_OF + timedelta(days=day),
        restating=Restating(base) if base else None,
        withheld={withheld: "why"} if withheld else None,
        fct_ticket=[{"ticket_key": "desk:T1", "has_quarantined_events": True}],
        fct_ticket_sla=[clock("T1", "sla", state), clock("T2", "other")],
    )


def test_withheld_figure_has_no_evidence_but_its_facts_and_its_reason_stay(desk: Desk) -> None:
    night(desk, 0, 1, "met", withheld="sla")
    with duckdb.connect(str(desk.current / "slm.duckdb"), read_only=True) as release:
        evidence = "select agreement_id, denominator_part from marts.figure_evidence"
        assert release.execute(evidence).fetchall() == [("other", 1)]
        parquet = desk.current / "parquet" / "figure_evidence.parquet"
        assert release.execute(f"select distinct agreement_id from '{parquet}'").fetchall() == [("other",)]
    assert desk.in_force("select count(*) from marts.fct_ticket_sla where agreement_id = 'sla'") == [(1,)]
    assert desk.in_force(
        "select affected_ticket_count, withheld_reason from marts.figure_quality where agreement_id = 'sla'"
    ) == [(1, "why")]


def test_what_moved_while_a_figure_was_withheld_is_told_from_its_former_rows(desk: Desk) -> None:
    """The release before withheld it and so has no evidence of it; the row was there all the same."""
    night(desk, 0, 1, "met")
    night(desk, 1, 1, "met", withheld="sla")
    night(desk, 2, 0, "breached", base=desk.current.resolve())
    assert desk.in_force(
        "select figure_key, change, former_numerator_part, numerator_part from marts.restatement_evidence"
    ) == [(KEY, "changed", 1, 0)]

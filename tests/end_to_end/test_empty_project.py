"""A project that has agreements and no data yet: every table is there, typed and empty, and the night succeeds."""

from pathlib import Path
from typing import Any

import pytest

from tests.integration.small_project import Project, small_project


@pytest.fixture(scope="module")
def project(parsed_models: Any, tmp_path_factory: pytest.TempPathFactory) -> Project:
    empty = small_project(tmp_path_factory.mktemp("empty"))
    empty.write_settings(sources=[])
    empty.nightly().demand_release()
    return empty


def test_target_without_events_has_no_data(project: Project) -> None:
    """The scorecard says that nothing was counted; it does not leave the target out, and it does not call it met."""
    assert project.query(
        "select period_start, numerator, denominator, attainment_ratio, status from marts.rpt_sla_scorecard"
        " where period_start = '2026-03-01'"
    ) == [(_march(), 0, 0, None, "no_data")]


def _march() -> Any:
    from datetime import date

    return date(2026, 3, 1)


def test_facts_are_there_without_rows(project: Project) -> None:
    for table in ("fct_ticket", "fct_ticket_sla", "fct_outage", "fct_survey_response", "rpt_experience", "load_audit"):
        assert project.query(f"select count(*) from marts.{table}") == [(0,)], table
        assert Path(project.current / "parquet" / f"{table}.parquet").is_file()


def test_agreements_are_published_all_the_same(project: Project) -> None:
    assert project.query("select agreement_id from marts.dim_agreement") == [("sla-mail",)]

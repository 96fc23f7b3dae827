"""A certificate speaks for exactly one build, in the run that audited it, as long as no figure changes."""

from dataclasses import replace
from pathlib import Path

import pytest

from publishing.build import Fingerprint
from publishing.certificate import Certificate, Check, demand, issue, load, save
from publishing.errors import PublishRefused
from tests.unit.publishing.conftest import AS_OF, CHECKED

FAILED = replace(CHECKED, check_id="figures_add_up_again", is_successful=False)
TABLES = {"rpt_sla_scorecard": Fingerprint(2, "ab-cd"), "fct_ticket": Fingerprint(4, "01-02")}


def certified(*checks: Check) -> Certificate:
    return issue("build-1", "run-1", AS_OF, AS_OF, list(checks or (CHECKED,)), TABLES)


def test_clean_certificate_of_this_build_and_run_is_accepted() -> None:
    demand(certified(), "build-1", "run-1", dict(TABLES))


def test_certificate_of_another_build_is_refused() -> None:
    with pytest.raises(PublishRefused, match="speaks for build build-1, the warehouse holds build build-2"):
        demand(certified(), "build-2", "run-1", TABLES)


def test_certificate_of_another_run_is_refused() -> None:
    with pytest.raises(
        PublishRefused, match=r"belongs to run run-1, not to this one \(run-2\).*run the whole nightly job"
    ):
        demand(certified(), "build-1", "run-2", TABLES)


def test_failed_check_is_refused_by_name() -> None:
    with pytest.raises(PublishRefused, match="failed: rpt_sla_scorecard: figures_add_up_again"):
        demand(certified(CHECKED, FAILED), "build-1", "run-1", TABLES)


def test_warning_does_not_stop_a_release() -> None:
    warned = certified(replace(FAILED, severity="warning"))
    demand(warned, "build-1", "run-1", TABLES)
    assert [check.check_id for check in warned.warnings] == ["figures_add_up_again"]
    assert warned.failed == []


@pytest.mark.parametrize(
    ("tables", "named"),
    [
        ({**TABLES, "fct_ticket": Fingerprint(4, "01-03")}, "fct_ticket"),
        ({**TABLES, "fct_ticket": Fingerprint(5, "01-02")}, "fct_ticket"),
        ({"fct_ticket": TABLES["fct_ticket"]}, "rpt_sla_scorecard"),
        ({**TABLES, "rpt_new": Fingerprint(0, "0-0")}, "rpt_new"),
    ],
    ids=["other values", "other number of rows", "a table is gone", "a table is new"],
)
def test_change_since_the_audit_is_refused_by_table(tables: dict[str, Fingerprint], named: str) -> None:
    with pytest.raises(PublishRefused, match=f"Changed since the audit of build build-1: {named}\\."):
        demand(certified(), "build-1", "run-1", tables)


def test_certificate_reads_back_as_it_was_saved(tmp_path: Path) -> None:
    issued = certified(CHECKED, FAILED)
    assert save(issued, tmp_path) == tmp_path / "certificate.json"
    assert load(tmp_path) == issued
    assert [path.name for path in tmp_path.iterdir()] == ["certificate.json"]


def test_missing_certificate_says_that_nothing_was_audited(tmp_path: Path) -> None:
    with pytest.raises(PublishRefused, match=r"certificate\.json: this build has not been audited"):
        load(tmp_path)

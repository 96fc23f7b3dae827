"""The ledger grows by one row for each figure that is new, and by nothing else."""

import os
from datetime import date, timedelta

import duckdb
import pytest

from publishing.ledger import Reopening
from tests.unit.publishing.conftest import AS_OF, Desk, answers, figure

# What makes a figure another figure when it changes.
VALUES = ("numerator", "denominator", "status", "period_status")


def test_first_release_writes_every_figure_as_number_one(desk: Desk) -> None:
    release = desk.publish(
        figure(), figure(service="web"), experience=[answers()], rpt_sla_target=[_without_service(figure(4, 6))]
    )
    assert release.new_figure_count == 4
    assert desk.ledger("report_table, service_id, metric, numerator, denominator, sequence_number, release_id") == [
        ("rpt_experience", None, "overall", 3, 4, 1, release.release_id),
        ("rpt_sla_scorecard", "mail", "time_to_resolve", 2, 3, 1, release.release_id),
        ("rpt_sla_scorecard", "web", "time_to_resolve", 2, 3, 1, release.release_id),
        ("rpt_sla_target", None, "time_to_resolve", 4, 6, 1, release.release_id),
    ]


def test_same_figures_again_add_nothing(desk: Desk) -> None:
    rows = [figure(), figure(service="web", numerator=0, denominator=0, status="no_data")]
    desk.publish(*rows, experience=[answers()])
    before = desk.ledger("*")
    again = desk.publish(*rows, experience=[answers()], as_of=AS_OF + timedelta(days=1))
    assert again.new_figure_count == 0
    assert desk.ledger("*") == before


@pytest.mark.parametrize(
    "change",
    [{"numerator": 1}, {"denominator": 4}, {"status": "missed"}, {"period_status": "closed"}, {"status": None}],
    ids=lambda change: next(iter(change)),
)
def test_changed_figure_adds_exactly_its_next_number(desk: Desk, change: dict[str, object]) -> None:
    desk.publish(figure(), figure(service="web"))
    second = desk.publish(figure(**change), figure(service="web"), as_of=AS_OF + timedelta(days=1))
    assert second.new_figure_count == 1
    assert desk.ledger("service_id, sequence_number") == [("mail", 1), ("mail", 2), ("web", 1)]
    (latest,) = desk.in_force(f"select {', '.join(VALUES)}, release_id from marts.figure where sequence_number = 2")
    expected = {**figure(), **change}
    assert latest == (*(expected[name] for name in VALUES), second.release_id)


def test_value_that_returns_is_a_third_number(desk: Desk) -> None:
    for day, numerator in enumerate((2, 1, 2)):
        desk.publish(figure(numerator), as_of=AS_OF + timedelta(days=day))
    assert desk.ledger() == [("mail", 1, 3, 2), ("mail", 2, 3, 1), ("mail", 2, 3, 3)]


def test_new_period_is_a_figure_of_its_own(desk: Desk) -> None:
    desk.publish(figure())
    following = figure(period_start=date(2026, 4, 1), period_end=date(2026, 5, 1))
    release = desk.publish(figure(), following, as_of=AS_OF + timedelta(days=30))
    assert release.new_figure_count == 1
    assert desk.ledger("period_start, sequence_number") == [(date(2026, 3, 1), 1), (date(2026, 4, 1), 1)]


def test_figure_that_is_gone_stays_in_the_ledger(desk: Desk) -> None:
    desk.publish(figure(), figure(service="web"))
    desk.publish(figure(), as_of=AS_OF + timedelta(days=1))
    assert desk.ledger("service_id, sequence_number") == [("mail", 1), ("web", 1)]


def test_two_kinds_of_one_item_are_two_figures(desk: Desk) -> None:
    """Two instruments may ask an item of one name: the second night must not take one for a change of the other."""
    rows = [answers("overall", "csat", top2=3), answers("overall", "rating", top2=1)]
    desk.publish(experience=rows)
    again = desk.publish(experience=rows, as_of=AS_OF + timedelta(days=1))
    assert again.new_figure_count == 0
    assert len(desk.ledger("figure_key")) == 2
    assert len(set(desk.ledger("figure_key"))) == 2


def test_key_and_number_are_unique_after_many_nights(desk: Desk) -> None:
    for night in range(4):
        desk.publish(
            *(figure(numerator=(night * number) % 3, service=f"s{number}") for number in range(5)),
            as_of=AS_OF + timedelta(days=night),
        )
    repeated = desk.in_force(
        "select figure_key from marts.figure group by figure_key, sequence_number having count(*) > 1"
    )
    assert repeated == []
    holes = desk.in_force(
        "select figure_key from marts.figure group by figure_key having max(sequence_number) <> count(*)"
    )
    assert holes == []
    latest = desk.in_force(
        "select service_id, arg_max(numerator, sequence_number) from marts.figure group by service_id order by 1"
    )
    assert latest == desk.in_force("select service_id, numerator from marts.rpt_sla_scorecard order by 1")


def _without_service(row: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in row.items() if name != "service_id"}


# ------------------------------------------------------------------------------------------------- closed periods

EDITIONS = "edition, numerator, denominator, status, is_of_record, reopened_by"


def closed(numerator: int = 2, **more: object) -> dict[str, object]:
    return figure(numerator, **{"period_status": "closed", **more})


def editions(desk: Desk) -> list[tuple[object, ...]]:
    return desk.in_force(f"select {EDITIONS} from marts.figure where edition is not null order by sequence_number")


def test_closing_value_is_edition_1_and_of_record(desk: Desk) -> None:
    desk.publish(figure())
    assert editions(desk) == []
    desk.publish(closed(), as_of=AS_OF + timedelta(days=9))
    assert editions(desk) == [(1, 2, 3, "met", True, None)]


def test_closed_figure_that_moves_is_edition_2_and_edition_1_stays_of_record(desk: Desk) -> None:
    desk.publish(closed())
    desk.publish(closed(1, status="missed"), as_of=AS_OF + timedelta(days=1))
    assert editions(desk) == [(1, 2, 3, "met", True, None), (2, 1, 3, "missed", False, None)]


def test_closed_period_stays_closed_though_the_agreement_would_have_it_running(desk: Desk) -> None:
    """Nobody re-opens a period by setting its closing day back."""
    desk.publish(closed())
    desk.publish(figure(1, status="missed"), as_of=AS_OF + timedelta(days=1))
    assert editions(desk)[-1] == (2, 1, 3, "missed", False, None)
    assert desk.in_force("select distinct period_status from marts.figure") == [("closed",)]


def test_release_for_an_instant_before_the_closing_has_no_edition(desk: Desk) -> None:
    desk.publish(closed(), as_of=AS_OF)
    desk.publish(figure(1), as_of=AS_OF - timedelta(days=1), allow_older=True)
    assert editions(desk) == [(1, 2, 3, "met", True, None)]
    desk.publish(closed(), as_of=AS_OF + timedelta(days=1))
    assert editions(desk)[-1] == (1, 2, 3, "met", False, None)
    assert desk.in_force("select count(*) from marts.restatement") == [(0,)]


def test_closed_figure_that_the_reports_no_longer_have_is_withdrawn_in_the_open(desk: Desk) -> None:
    desk.publish(closed(), closed(service="web"))
    desk.publish(closed(service="web"), as_of=AS_OF + timedelta(days=1))
    assert editions(desk)[-1] == (2, 0, 0, "withdrawn", False, None)
    again = desk.publish(closed(service="web"), as_of=AS_OF + timedelta(days=2))
    assert again.new_figure_count == 0


REOPENED = Reopening("march-anew", "sla", None, date(2026, 3, 1))


def test_only_a_decision_makes_another_value_the_figure_of_record(desk: Desk) -> None:
    desk.publish(closed())
    desk.publish(closed(1), as_of=AS_OF + timedelta(days=1))
    desk.publish(closed(1), as_of=AS_OF + timedelta(days=2), reopenings=[REOPENED])
    assert editions(desk)[-1] == (2, 1, 3, "met", True, "march-anew")
    # A decision counts once: what comes after it is a restatement again.
    desk.publish(closed(0), as_of=AS_OF + timedelta(days=3), reopenings=[REOPENED])
    assert editions(desk)[-1] == (3, 0, 3, "met", False, None)


@pytest.mark.parametrize(
    "elsewhere",
    [
        Reopening("d", "other", None, date(2026, 3, 1)),
        Reopening("d", "sla", "respond", date(2026, 3, 1)),
        Reopening("d", "sla", None, date(2026, 2, 1)),
    ],
    ids=["agreement", "target", "period"],
)
def test_decision_about_something_else_re_opens_nothing(desk: Desk, elsewhere: Reopening) -> None:
    desk.publish(closed())
    again = desk.publish(closed(), as_of=AS_OF + timedelta(days=1), reopenings=[elsewhere])
    assert again.new_figure_count == 0


def test_ledger_of_the_first_version_is_carried_on(desk: Desk) -> None:
    """Its rows have no editions: the next release gives the closed ones their first."""
    release = desk.publish(closed())
    path = release.directory / "parquet" / "figure.parquet"
    with duckdb.connect() as connection:
        newer = "edition, is_of_record, reopened_by, metric_version"
        connection.execute(f"copy (select * exclude ({newer}) from '{path}') to '{path}.old' (format parquet)")
    os.replace(f"{path}.old", path)
    desk.publish(closed(), as_of=AS_OF + timedelta(days=1))
    assert editions(desk) == [(1, 2, 3, "met", True, None)]
    assert desk.ledger() == [("mail", 2, 3, 1), ("mail", 2, 3, 2)]

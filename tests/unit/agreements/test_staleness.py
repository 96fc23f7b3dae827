"""Who depends on a source that was not read, and what each agreement says to that."""

import re
from pathlib import Path
from typing import Any

import pytest
from agreement_documents import AS_OF, doc, sla, target

from agreements.compile import compile_agreements
from agreements.staleness import Terms, judge, terms_at
from settings.instants import parse_instant
from settings.project import Covers, load_project

TICKETS, OUTAGES = {"tickets", "ticket_events"}, {"outages", "uptime_checks"}
UPTIME = {"id": "up", "metric": "availability", "calendar": "office", "objective": {"op": "gte", "targetPercent": 99}}
EMPATHY = {
    "id": "listens",
    "metric": "survey_item:empathy",
    "objective": {"op": "gte", "value": 4, "targetPercent": 80},
}
ANSWERS = TICKETS | {"survey_responses", "survey_invitations"}
HOUR = 3600


@pytest.fixture
def terms(write_project: Any, tmp_path: Path) -> Any:
    def found(*documents: dict[str, Any], as_of: str = "2026-04-01T00:00:00Z") -> list[Terms]:
        project = write_project(*documents)
        compile_agreements(project, load_project(project, {}), AS_OF, tmp_path / "out")
        return terms_at(tmp_path / "out", parse_instant(as_of))

    return found


@pytest.mark.parametrize(
    ("targets", "feeds"),
    [([target()], TICKETS), ([UPTIME], OUTAGES), ([EMPATHY], ANSWERS), ([target(), UPTIME], TICKETS | OUTAGES)],
    ids=["tickets", "outages", "answers, which find their service by the ticket", "both"],
)
def test_agreement_depends_on_the_feeds_its_metrics_are_made_of(terms: Any, targets: Any, feeds: set[str]) -> None:
    (found,) = terms(sla(targets=targets))
    assert (found.agreement_id, found.limit_seconds, found.feeds) == ("sla", None, frozenset(feeds))


def test_target_without_a_figure_depends_on_nothing(terms: Any) -> None:
    rate = {"id": "reopen", "metric": "reopen_rate", "objective": {"op": "lte", "value": 5}}
    (found,) = terms(sla(targets=[rate]))
    assert found.feeds == frozenset()


@pytest.mark.parametrize(
    ("as_of", "limit"),
    [("2026-01-01T00:00:00Z", None), ("2026-04-01T00:00:00Z", None), ("2026-07-01T00:00:00Z", 36 * HOUR)],
    ids=["before the first", "first in force", "second in force"],
)
def test_limit_is_that_of_the_version_in_force(terms: Any, as_of: str, limit: int | None) -> None:
    validity = {"from": "2026-06-01", "timeZone": "Europe/London"}
    second = sla(version=2, validity=validity, policies={"staleness": "PT36H"})
    (found,) = terms(sla(), second, as_of=as_of)
    assert found.limit_seconds == limit


def test_draft_says_nothing(terms: Any) -> None:
    draft = sla("draft", status="draft", consumer="b", policies={"staleness": "PT1H"})
    assert [item.agreement_id for item in terms(sla(), draft, doc("Customer", "b", {}))] == ["sla"]


LISTED = {"services": [{"service": "mail"}]}
# portal needs files, which needs power.
CHAIN = [
    doc("Service", name, {"owner": "it", "dependsOn": [{"service": needed}]})
    for name, needed in (("portal", "files"), ("files", "power"))
] + [doc("Service", "power", {"owner": "it"}), doc("Customer", "b", {})]
PORTAL = {"services": [{"service": "portal"}]}
OLA = {"type": "OLA", "provider": "network", "consumer": "desk"}
TEAMS = [doc("Team", "network", {}), doc("Team", "desk", {})]
STAYS = target(metric="time_in_team")
NORTH, SOUTH = ["b"], ["acme"]


@pytest.mark.parametrize(
    ("changes", "feeds", "covers", "expected"),
    [
        ({}, TICKETS, {"customers": SOUTH}, True),
        ({}, TICKETS, {"customers": NORTH}, False),
        ({}, TICKETS, {"services": ["web"]}, True),
        (LISTED, TICKETS, {"services": ["web"]}, False),
        (LISTED, TICKETS, {"services": ["web", "mail"]}, True),
        (LISTED, TICKETS, {"customers": SOUTH, "services": ["web"]}, False),
        (LISTED, TICKETS, {"customers": NORTH, "services": ["mail"]}, False),
        (LISTED, OUTAGES, {"services": ["mail"]}, False),
        ({"targets": [UPTIME]}, OUTAGES, {"customers": NORTH}, True),
        (LISTED | {"targets": [UPTIME]}, OUTAGES, {"customers": NORTH, "services": ["web"]}, False),
        (PORTAL | {"targets": [UPTIME]}, OUTAGES, {"services": ["power"]}, True),
        (PORTAL | {"targets": [UPTIME]}, OUTAGES, {"services": ["mail"]}, False),
        (PORTAL, TICKETS, {"services": ["power"]}, False),
        (PORTAL | {"targets": [target(), UPTIME]}, TICKETS, {"services": ["power"]}, False),
        (PORTAL | {"targets": [target(), UPTIME]}, TICKETS | OUTAGES, {"services": ["power"]}, True),
        (LISTED | {"targets": [EMPATHY]}, ANSWERS, {"services": ["web"]}, True),
        (LISTED | {"targets": [EMPATHY]}, ANSWERS, {"customers": NORTH, "services": ["mail"]}, False),
        (OLA | LISTED | {"targets": [STAYS]}, TICKETS, {"customers": NORTH}, True),
        (OLA | LISTED | {"targets": [STAYS]}, TICKETS, {"customers": NORTH, "services": ["web"]}, False),
    ],
    ids=[
        "its consumer", "another's consumer", "all services", "another service", "one of its services",
        "its consumer, another service", "its service, another's consumer", "no target on outages",
        "an outage names no customer", "outages of another service", "two steps down the chain", "not in the chain",
        "a ticket is no matter of the chain", "not by a target on other feeds", "by one of two targets",
        "an answer need not name a service", "answers of another's consumer", "an OLA is for every customer",
        "an OLA of other services",
    ],
)  # fmt: skip
def test_agreement_depends_on_a_source_only_if_it_can_have_records_there(
    terms: Any, changes: dict[str, Any], feeds: set[str], covers: dict[str, list[str]], expected: bool
) -> None:
    found = terms(sla(**changes), *CHAIN, *TEAMS)
    assert bool(judge(found, feeds, 0, Covers(**covers)).silent) is expected


def test_agreement_depends_on_what_any_of_its_measured_versions_covers(terms: Any) -> None:
    later = {"from": "2026-06-01", "timeZone": "Europe/London"}
    second = sla(version=2, validity=later, services=[{"service": "web"}])
    draft = sla(version=3, status="draft", services=[{"service": "portal"}])
    found = terms(sla(**LISTED), second, draft, *CHAIN)
    told = [bool(judge(found, TICKETS, 0, Covers(services=[name])).silent) for name in ("mail", "web", "portal")]
    assert told == [True, True, False]


def limited(name: str, hours: int | None, feeds: set[str]) -> Terms:
    return Terms(name, None if hours is None else hours * HOUR, frozenset(feeds))


UPTIME_36, UPTIME_12 = limited("uptime", 36, OUTAGES), limited("strict", 12, OUTAGES)
DESK = limited("desk", None, TICKETS)


@pytest.mark.parametrize(
    ("age", "is_within"), [(36 * HOUR, True), (36 * HOUR + 1, False)], ids=["exactly", "a second later"]
)
def test_limit_itself_is_within_it(age: int, is_within: bool) -> None:
    verdict = judge([UPTIME_36, DESK], ["outages"], age)
    assert (verdict.silent, verdict.within, verdict.overdue) == (
        (), (UPTIME_36,) if is_within else (), () if is_within else (UPTIME_36,)
    )  # fmt: skip


@pytest.mark.parametrize(
    ("terms_of_all", "feeds", "may_withhold", "said"),
    [
        ([UPTIME_36, DESK], ["outages"], False, None),
        ([UPTIME_36, DESK], ["outages", "tickets"], True, "desk must not be reported without it"),
        ([UPTIME_36, UPTIME_12], ["outages"], False, r"longer ago than strict \(PT12H\) allows"),
        ([UPTIME_36, UPTIME_12], ["outages"], True, None),
        ([UPTIME_36, DESK], ["costs"], True, "no agreement says"),
    ],
    ids=["others do not matter", "one is silent", "too old", "too old, and withheld", "nobody's"],
)
def test_night_goes_on_only_if_every_agreement_that_depends_on_the_source_lets_it(
    terms_of_all: list[Terms], feeds: list[str], may_withhold: bool, said: str | None
) -> None:
    refusal = judge(terms_of_all, feeds, 24 * HOUR).refusal(may_withhold=may_withhold)
    assert (refusal is None) == (said is None)
    assert said is None or re.search(said, refusal or "")


@pytest.mark.parametrize(("seconds", "text"), [(129_600, "PT36H"), (5400, "PT90M"), (61, "PT61S")])
def test_limit_is_told_as_agreements_write_it(seconds: int, text: str) -> None:
    assert Terms("sla", seconds, frozenset()).limit_text == text

"""Odd outages and checks: counted by a stated rule or quarantined with a reason, and said on the certificate."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.integration.small_project import Project, small_project

AVAILABILITY = """\
apiVersion: slm/v1
kind: Agreement
metadata: {name: sla-up}
spec:
  type: SLA
  version: 1
  provider: desk
  consumer: acme
  services: [{service: mail}]
  status: in_force
  validity: {from: "2025-01-01", timeZone: UTC}
  targets:
    - {id: up, metric: availability, calendar: 24x7, objective: {op: gte, targetPercent: 99}}
"""
OUTAGES = (
    "outage_id,service_id,started_at,ended_at,kind",
    "O1,mail,2026-03-05T10:00:00Z,2026-03-05T09:00:00Z,outage",  # ended before it started
    "O2,mail,2026-03-06T10:00:00Z,2026-03-06T10:00:00Z,outage",  # takes no time
    "O3,mail,2026-03-07T10:00:00Z,2026-03-07T11:00:00Z,outage",  # one id, two ends
    "O3,mail,2026-03-07T10:00:00Z,2026-03-07T12:00:00Z,outage",
    "O4,nowhere,2026-03-08T10:00:00Z,2026-03-08T11:00:00Z,outage",
    "O5,mail,2026-02-01T00:00:00Z,2026-02-08T11:01:00Z,maintenance",  # 10,741 minutes
    "O6,mail,2025-01-05T00:00:00Z,,degraded",  # open for over a year, cut by O3
)
CHECKS = (
    "service_id,checked_at,status",
    "mail,2026-03-01T10:00:00Z,up",
    "mail,2026-01-01T10:00:00Z,up",  # out of order, and silent for two months after it
    "mail,2026-03-01T12:00:00Z,down",  # two checks in one second: the later row counts
    "mail,2026-03-01T12:00:00Z,up",
)


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory, parsed_models: Path) -> Project:
    project = small_project(tmp_path_factory.mktemp("odd"))
    feeds = {"outages": "data/outages.csv", "uptime_checks": "data/checks.csv"}
    project.write_settings([{"name": "monitoring", "type": "files", "maxRejectRatio": 0.9, "feeds": feeds}])
    project.write("agreements/sla.yaml", AVAILABILITY)
    project.write("data/outages.csv", *OUTAGES)
    project.write("data/checks.csv", *CHECKS)
    project.nightly().demand_release()
    return project


def column(project: Project, query: str) -> Sequence[str]:
    return [value for (value,) in project.query(query)]


def test_each_oddity_is_a_warning_on_the_certificate(odd: Project) -> None:
    query = "select check_id from marts.certificate_check where not is_successful and severity = 'warning' order by 1"
    assert column(odd, query) == [
        "maintenance_is_shorter_than_a_week",
        "monitors_are_not_silent_for_a_week",
        "open_outages_are_younger_than_a_year",
        "outages_are_of_known_services",
        "outages_have_a_length",
    ]


def test_what_contradicts_itself_is_quarantined_with_its_reason(odd: Project) -> None:
    assert odd.query("select record_id, reason_code from marts.quarantine order by 1") == [
        ("O1", "ended_before_started"),
        ("O3", "conflicting_in_load"),
        ("mail|2026-03-01T12:00:00Z", "conflicting_in_load"),
    ]

"""What fails a build, what is only found, and how it is said."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from agreement_documents import AS_OF, OFFICE, doc, sla, target

from agreements.validate import ValidProject, validate
from settings.errors import ProjectError
from settings.project import load_project

Errors = Callable[..., list[str]]
Findings = Callable[..., list[tuple[str, str]]]
Check = Callable[..., ValidProject]


def listed(*services: str) -> list[dict[str, str]]:
    return [{"service": service} for service in services]


# --- references -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"consumer": "nobody"}, 'spec.consumer: there is no Customer "nobody"'),
        ({"services": listed("phone")}, 'spec.services[0].service: there is no Service "phone"'),
        (
            {"services": [{"service": "mail", "tier": "gold"}]},
            'spec.services[0].tier: the service mail has no tier "gold"',
        ),
        ({"targets": [target(calendar="night")]}, 'spec.targets[0].calendar: there is no Calendar "night"'),
        ({"targets": [target(satisfies=["r"])]}, 'spec.targets[0].satisfies[0]: there is no Requirement "r"'),
        ({"supportedBy": [{"agreement": "ola"}]}, 'spec.supportedBy[0].agreement: there is no Agreement "ola"'),
    ],
)
def test_unknown_reference_is_an_error(errors_of: Errors, changes: dict[str, Any], expected: str) -> None:
    assert errors_of(sla(**changes)) == [expected]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=HOURLY", "has no FREQ of YEARLY, MONTHLY, WEEKLY, DAILY"),
        ("every friday", "has no FREQ of"),
        ("FREQ=DAILY;BYHOUR=9", "says hours; they belong in window"),
        ("FREQ=MONTHLY", "does not say on which day"),
        ("FREQ=DAILY;COUNT=3", "ends after a count"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=FR", "say from which day to count in startsOn"),
        ("FREQ=WEEKLY;BYDAY=XX", "is no RFC 5545 rule"),
        ("FREQ=WEEKLY;BYDAY=FR;DTSTART=20260101", "is no RFC 5545 rule"),
    ],
)
def test_moment_of_truth_that_cannot_be_counted_is_an_error(errors_of: Errors, rule: str, expected: str) -> None:
    moment = {"name": "m", "rrule": rule, "window": "09:00-10:00"}
    (found,) = errors_of(doc("Service", "pay", {"owner": "it", "momentsOfTruth": [moment]}))
    assert expected in found


def test_services_that_depend_on_each_other_are_an_error(errors_of: Errors) -> None:
    def service(name: str, other: str) -> dict[str, Any]:
        return doc("Service", name, {"owner": "it", "dependsOn": [{"service": other}]})

    said = "spec.dependsOn: the service depends on itself, directly or in a circle"
    assert errors_of(service("a", "b"), service("b", "a"), service("c", "a")) == [said, said]
    assert errors_of(service("a", "a")) == [said]


def test_dependencies_that_multiply_without_end_are_an_error(errors_of: Errors) -> None:
    parts = [doc("Service", f"p{n}", {"owner": "it", "dependsOn": [{"service": f"q{n}"}]}) for n in range(10)]
    needs = [{"service": f"p{n}", "mode": "parallel"} for n in range(10)]  # 2^10 ways to fail
    (found,) = errors_of(*parts, doc("Service", "top", {"owner": "it", "dependsOn": needs}))
    assert found.startswith("spec.dependsOn: there are more than 1000 ways")


def test_window_of_maintenance_must_be_a_calendar(errors_of: Errors) -> None:
    assert errors_of(sla(policies={"maintenance": {"windows": ["nights"]}})) == [
        'spec.policies.maintenance.windows[0]: there is no Calendar "nights"'
    ]


def test_decision_must_name_an_agreement_and_one_of_its_targets(errors_of: Errors) -> None:
    decision = {"kind": "exclude_instance", "subject": {"ticket": "T1"}, "reason": "x", "outcome": "rejected"}
    assert errors_of(
        sla(),
        doc("Decision", "a", {**decision, "agreement": "none"}),
        doc("Decision", "b", {**decision, "agreement": "sla", "target": "none"}),
    ) == ['spec.agreement: there is no Agreement "none"', 'spec.target: sla has no target "none"']


def test_reference_to_a_broken_document_is_not_reported_a_second_time(errors_of: Errors) -> None:
    broken = doc("Calendar", "night", {"timeZone": "Mars/Olympus", "weekly": {}})
    assert len(errors_of(sla(targets=[target(calendar="night")]), broken)) == 1


def test_every_error_of_every_file_is_reported_at_once_with_file_document_and_line(write_project: Any) -> None:
    project = write_project(sla(consumer="nobody"))
    (project / "agreements" / "deep").mkdir()
    (project / "agreements" / "deep" / "b.yaml").write_text("apiVersion: slm/v1\nkind: Team\n", encoding="utf-8")
    (project / "agreements" / "c.yml").write_text("", encoding="utf-8")
    with pytest.raises(ProjectError) as caught:
        validate(project, load_project(project, {}), AS_OF)
    lines = str(caught.value).splitlines()
    assert lines[0] == "3 problems in the project's files:"
    assert lines[1].startswith("  agreements/all.yaml: Agreement sla version 1 (line ")
    assert lines[2] == "  agreements/c.yml: is not read: its name ends in .yml; rename it to .yaml"
    assert lines[3:] == [
        "  agreements/deep/b.yaml: Team (line 1): metadata: is required",
    ]


@pytest.mark.parametrize("document", [doc("Customer", "acme", {}), OFFICE, sla()])
def test_second_document_of_one_identity_is_an_error(errors_of: Errors, document: dict[str, Any]) -> None:
    found = errors_of(sla(), document)
    assert [
        error.startswith("spec: is a second one; the first is in agreements/all.yaml, line ") for error in found
    ] == [True] + [False] * (len(found) - 1)


def test_unknown_customer_of_the_report_pack_is_an_error(errors_of: Errors) -> None:
    settings = "apiVersion: slm/v1\nname: test\nreports: {customers: [acme, acne]}\n"
    assert errors_of(settings=settings) == ['reports.customers[1]: there is no Customer "acne"']


def test_source_can_cover_only_customers_and_services_that_are_agreed(errors_of: Errors, check: Check) -> None:
    covered = "apiVersion: slm/v1\nname: test\nsources: [{name: a, type: files, covers: {%s}}]\n"
    assert check(settings=covered % "customers: [acme], services: [web]")
    assert errors_of(settings=covered % "customers: [acne], services: [web, mial]") == [
        'sources[0].covers.customers[0]: there is no Customer "acne"',
        'sources[0].covers.services[1]: there is no Service "mial"',
    ]


def test_project_without_agreements_is_valid(check: Check) -> None:
    assert check(base=False).documents == ()


# --- objectives -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"metric": "time_to_resolv"}, "metric: the metric"),
        ({"objective": {"op": "lte", "targetPercent": 95}}, "objective.value: is required"),
        ({"objective": {"op": "lte", "value": 4, "targetPercent": 95}}, "objective.value: 4 has no unit"),
        ({"objective": {"op": "lte", "value": "4h", "targetPercent": 95}}, "objective.value: "),
        ({"objective": {"op": "lte", "value": "P1D", "targetPercent": 95}}, "objective.value: "),
        ({"objective": {"op": "lte", "value": "PT0S", "targetPercent": 95}}, "objective.value: PT0S leaves no time"),
        ({"objective": {"op": "gte", "value": "PT4H", "targetPercent": 95}}, "objective.op: time_to_resolve is"),
        ({"objective": {"op": "lte", "value": "PT4H", "targetPercent": 100.1}}, "objective.targetPercent: should be"),
        ({"objective": {"op": "lte", "value": "PT4H", "targetPercent": 99.99999}}, "objective.targetPercent: 99.9"),
        ({"calendar": None}, "calendar: is required: time_to_resolve is counted in a calendar's time"),
        ({"clock": {"pause": ["resolved"]}}, 'clock.pause[0].status: "resolved" ends a clock'),
        ({"clock": {"pause": ["pending"]}}, 'clock.pause[0].status: "pending" is not a canonical status'),
        ({"clock": {"pause": ["on_hold", "on_hold"]}}, 'clock.pause: the pause on "on_hold" is given twice'),
        ({"clock": {"stop": "ticket.closed"}}, "clock.stop: time_to_resolve stops at ticket.resolved"),
        ({"metric": "time_in_team"}, "metric: time_in_team measures the team that provides an OLA, not an SLA"),
    ],
)
def test_target_that_cannot_be_measured_is_an_error(errors_of: Errors, changes: dict[str, Any], expected: str) -> None:
    found = errors_of(sla(targets=[target(**changes)]))
    assert len(found) == 1
    assert found[0].startswith(f"spec.targets[0].{expected}")


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"metric": "availability", "objective": {"op": "gte", "targetPercent": 99}}, "calendar: is required"),
        (
            {"metric": "availability", "calendar": "24x7", "objective": {"op": "gte", "value": 99}},
            "objective.targetPercent: is required",
        ),
        (
            {
                "metric": "availability",
                "calendar": "24x7",
                "objective": {"op": "gte", "targetPercent": 99},
                "scope": {"priority": ["P1"]},
            },
            "scope: availability is no matter of single tickets",
        ),
        (
            {"metric": "csat", "objective": {"op": "gte", "targetPercent": 85}, "clock": {"pause": ["on_hold"]}},
            "clock: csat is no ticket clock",
        ),
        ({"metric": "csat", "objective": {"op": "gte", "value": 4, "targetPercent": 85}}, "objective.value: csat has"),
        ({"metric": "csat", "objective": {"op": "gte"}}, "objective.targetPercent: is required"),
        ({"metric": "nps", "objective": {"op": "gte", "value": -101}}, "objective.value: should be from -100 to 100"),
        ({"metric": "nps", "objective": {"op": "gte", "value": 30, "targetPercent": 30}}, "objective.value: is given"),
        ({"metric": "survey_item:", "objective": {"op": "gte", "value": 4, "targetPercent": 9}}, "metric: the metric"),
        ({"metric": "survey_item:x", "objective": {"op": "gte", "targetPercent": 9}}, "objective.value: is required"),
        ({"metric": "reopen_rate", "objective": {"op": "gte", "targetPercent": 5}}, "objective.op: reopen_rate is"),
        (
            {"metric": "data_loss", "objective": {"op": "lte", "value": 60, "targetPercent": 99}},
            "objective.value: 60 has no unit",
        ),
    ],
)
def test_objective_that_does_not_suit_its_metric_is_an_error(
    errors_of: Errors, spec: dict[str, Any], expected: str
) -> None:
    errors = [
        error for error in errors_of(sla(targets=[{"id": "t", **spec}])) if "objective" in error or expected in error
    ]
    assert errors
    assert any(error.startswith(f"spec.targets[0].{expected}") for error in errors)


def test_hundred_percent_can_be_promised(check: Check) -> None:
    check(sla(targets=[target(objective={"op": "lte", "value": "PT4H", "targetPercent": 100})]))


def test_clock_that_every_status_pauses_is_an_error(errors_of: Errors) -> None:
    every = ["new", "in_progress", "waiting_customer", "waiting_supplier", "waiting_internal", "on_hold"]
    assert "would never run" in errors_of(sla(targets=[target(clock={"pause": every})]))[0]


def test_supplier_clock_that_pauses_while_waiting_for_the_supplier_is_an_error(errors_of: Errors) -> None:
    waiting = target(metric="time_with_supplier", clock={"pause": ["waiting_supplier"]})
    assert "cannot pause" in errors_of(sla(type="UC", targets=[waiting]))[0]


@pytest.mark.parametrize(
    ("kind", "metric", "is_fine"),
    [
        ("SLA", "time_to_resolve", True),
        ("SLA", "time_to_next_reply", False),
        ("SLA", "max_update_gap", False),
        ("OLA", "time_in_team", True),
        ("UC", "time_with_supplier", False),
    ],
)
def test_clock_with_a_start_of_its_own_takes_no_other(
    errors_of: Errors, check: Check, kind: str, metric: str, is_fine: bool
) -> None:
    document = sla(type=kind, provider="dba", targets=[target(metric=metric, clock={"start": "ticket.assigned"})])
    documents = [document, doc("Team", "dba", {})]
    if is_fine:
        check(*documents)
    else:
        assert errors_of(*documents) == [f"spec.targets[0].clock.start: {metric} has a start of its own"]


def test_team_whose_time_is_measured_must_be_known(errors_of: Errors) -> None:
    (error,) = errors_of(sla(type="OLA", provider="dba", targets=[target(metric="time_in_team")]))
    assert error.startswith('spec.provider: there is no Team "dba"')


def test_unknown_item_is_an_error_where_instruments_are_described_and_a_note_where_none_is(
    errors_of: Errors, findings_of: Findings
) -> None:
    item = {"id": "t", "metric": "survey_item:speed", "objective": {"op": "gte", "value": 4, "targetPercent": 80}}
    instrument = doc("SurveyInstrument", "s", {"items": [{"id": "friendly", "kind": "csat"}]})
    assert errors_of(sla(targets=[item]), instrument) == [
        'spec.targets[0].metric: no SurveyInstrument has an item "speed"'
    ]
    assert any("no SurveyInstrument that describes" in text for _, text in findings_of(sla(targets=[item])))


# --- two targets of one metric --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "is_ambiguous"),
    [
        ({}, {}, True),
        ({"priority": ["P1"]}, {}, False),
        ({"priority": ["P1"]}, {"priority": ["P2"]}, False),
        ({"priority": ["P1", "P2"]}, {"priority": ["P2", "P3"]}, True),
        ({"priority": ["P1"]}, {"type": ["incident"]}, True),
        ({"priority": ["P1"], "type": ["incident"]}, {"priority": ["P1"], "category": ["mail"]}, True),
        ({"priority": ["P1"], "type": ["incident"]}, {"priority": ["P2"], "category": ["mail"]}, False),
        ({"priority": ["P1"], "type": ["incident"]}, {"type": ["incident"]}, False),
    ],
)
def test_targets_that_can_match_one_ticket_equally_well_are_ambiguous(
    check: Check, errors_of: Errors, first: dict[str, Any], second: dict[str, Any], is_ambiguous: bool
) -> None:
    agreement = sla(targets=[target("a", scope=first), target("b", scope=second)])
    if is_ambiguous:
        assert "can match the same ticket" in errors_of(agreement)[0]
    else:
        check(agreement)


def test_targets_of_different_metrics_are_never_ambiguous(check: Check) -> None:
    check(sla(targets=[target("a"), target("b", metric="time_to_close")]))


def test_availability_on_two_calendars_is_allowed_and_twice_on_one_is_not(check: Check, errors_of: Errors) -> None:
    def available(name: str, calendar: str) -> dict[str, Any]:
        objective = {"op": "gte", "targetPercent": 99}
        return {"id": name, "metric": "availability", "calendar": calendar, "objective": objective}

    check(sla(targets=[available("a", "office"), available("b", "24x7")]))
    assert "on the same calendar" in errors_of(sla(targets=[available("a", "office"), available("b", "office")]))[0]


# --- validity and overlaps ------------------------------------------------------------------------------------------


def during(start: str, end: str | None = None) -> dict[str, Any]:
    return {"from": start, "timeZone": "Europe/London", **({"to": end} if end else {})}


def test_validity_that_ends_where_it_begins_is_an_error(errors_of: Errors) -> None:
    assert errors_of(sla(validity=during("2026-02-01", "2026-02-01T00:00:00Z"))) == [
        "spec.validity.to: the validity ends where it begins or before"
    ]


@pytest.mark.parametrize("start", ["0001-01-01", "1969-12-31", "2999-01-01"])
def test_validity_that_begins_on_a_placeholder_is_an_error(errors_of: Errors, start: str) -> None:
    assert errors_of(sla(validity=during(start))) == ["spec.validity.from: should lie between the years 1970 and 2200"]


def test_validity_may_end_on_the_last_day_there_is(check: Check) -> None:
    (version,) = check(sla(validity=during("2026-02-01", "9999-12-31"))).agreements
    assert version.valid_to_epoch == 253402214400


def test_date_means_local_midnight_of_the_agreements_zone(check: Check) -> None:
    (version,) = check(sla(validity=during("2026-07-01"))).agreements
    assert version.valid_from_epoch == 1782860400  # 2026-06-30T23:00:00Z


def test_without_a_zone_the_projects_zone_holds(check: Check) -> None:
    settings = "apiVersion: slm/v1\nname: test\nreporting: {timeZone: Asia/Tokyo}\n"
    (version,) = check(sla(validity={"from": "2026-07-01"}), settings=settings).agreements
    assert version.valid_from_epoch == 1782831600  # 2026-06-30T15:00:00Z


def test_version_without_end_ends_where_the_next_measured_version_begins(check: Check) -> None:
    versions = check(
        sla(version=1, validity=during("2026-01-01")),
        sla(version=2, status="draft", validity=during("2026-02-01")),
        sla(version=3, validity=during("2026-03-01")),
    ).agreements
    assert [version.valid_to_epoch for version in versions] == [1772323200, None, None]


def test_versions_of_one_agreement_must_follow_each_other(errors_of: Errors) -> None:
    found = errors_of(sla(version=1, validity=during("2026-03-01")), sla(version=2, validity=during("2026-03-01")))
    assert "spec.validity.from: begins no later than version 1" in found


def test_version_that_names_its_end_overlaps_a_next_one_that_begins_before(errors_of: Errors) -> None:
    found = errors_of(
        sla(version=1, validity=during("2026-01-01", "2027-01-01")), sla(version=2, validity=during("2026-03-01"))
    )
    assert found == ["spec.validity: overlaps sla version 1, a measured SLA for the same parties and all services"]


@pytest.mark.parametrize(
    ("changes", "overlap"),
    [
        ({}, True),
        ({"status": "draft"}, False),
        ({"status": "refused"}, False),
        ({"status": "retired"}, True),
        ({"services": ["*"]}, False),
        ({"services": listed("web")}, False),
        ({"services": listed("web", "mail")}, True),
        ({"validity": during("2026-03-01")}, False),
        ({"validity": during("2026-02-28")}, True),
        ({"consumer": "other"}, False),
        ({"type": "OLA"}, False),
    ],
)
def test_two_measured_agreements_for_one_customer_and_service_overlap(
    check: Check, errors_of: Errors, changes: dict[str, Any], overlap: bool
) -> None:
    first = sla("first", services=listed("mail"), validity=during("2026-02-01", "2026-03-01"))
    second = sla("second", **{"services": listed("mail"), "validity": during("2026-02-01"), **changes})
    documents = [first, second, doc("Customer", "other", {})]
    if overlap:
        (error,) = errors_of(*documents)
        assert error.startswith("spec.validity: overlaps first version 1, a measured SLA for the same parties")
    else:
        check(*documents)


def test_supporting_agreements_overlap_only_between_the_same_two_parties(check: Check, errors_of: Errors) -> None:
    ola = sla("a", type="OLA", provider="dba", consumer="it")
    check(ola, sla("b", type="OLA", provider="network", consumer="it"))
    assert len(errors_of(ola, sla("b", type="OLA", provider="dba", consumer="it"))) == 1


def test_clocks_of_teams_and_suppliers_must_be_told_apart_by_what_a_ticket_says(
    check: Check, errors_of: Errors
) -> None:
    team = doc("Team", "dba", {})
    in_team = {"type": "OLA", "provider": "dba", "targets": [target(metric="time_in_team")]}
    (error,) = errors_of(team, sla("a", consumer="it", **in_team), sla("b", consumer="sales", **in_team))
    assert error.startswith("spec.validity: overlaps a version 1, a measured OLA that measures the same team's time on")
    check(team, sla("a", consumer="it", **in_team), sla("b", consumer="sales", services=listed("mail"), **in_team))
    with_supplier = {"type": "UC", "targets": [target(metric="time_with_supplier")]}
    (error,) = errors_of(sla("a", provider="x", **with_supplier), sla("b", provider="y", **with_supplier))
    assert error.startswith("spec.validity: overlaps a version 1, a measured UC that measures a supplier's time on")
    up = {"type": "UC", "targets": [{"id": "up", "metric": "availability", "calendar": "24x7",
                                     "objective": {"op": "gte", "targetPercent": 99}}]}  # fmt: skip
    check(sla("a", provider="x", **with_supplier), sla("b", provider="y", **up))


def test_agreements_that_support_each_other_in_a_circle_are_an_error(errors_of: Errors) -> None:
    first = sla("a", type="OLA", provider="x", supportedBy=[{"agreement": "b"}])
    second = sla("b", type="OLA", provider="y", supportedBy=[{"agreement": "a"}])
    assert errors_of(first, second) == ["spec.supportedBy: the agreement supports itself, directly or in a circle"] * 2


# --- calendars of agreements ----------------------------------------------------------------------------------------


def test_calendar_that_is_never_open_while_the_agreement_is_valid_is_an_error(errors_of: Errors) -> None:
    saturdays = doc("Calendar", "saturdays", {"timeZone": "Europe/London", "weekly": {"sat": ["09:00-12:00"]}})
    short = sla(validity=during("2026-02-02", "2026-02-07"), targets=[target(calendar="saturdays")])
    assert errors_of(saturdays, short) == [
        "spec.targets[0].calendar: saturdays is never open while the agreement is valid"
    ]


def test_calendar_open_on_a_single_day_four_years_ahead_is_open(check: Check) -> None:
    spec = {"timeZone": "Europe/London", "weekly": {}, "overrides": {"2030-01-07": ["09:00-12:00"]}}
    check(doc("Calendar", "rare", spec), sla(targets=[target(calendar="rare")]))


def test_calendar_that_becomes_valid_after_the_agreement_is_an_error(errors_of: Errors) -> None:
    late = doc("Calendar", "late", {"timeZone": "Europe/London", "alwaysOpen": True, "validFrom": "2026-02-02"})
    found = errors_of(late, sla(targets=[target(calendar="late")]))
    assert found == [
        "spec.targets[0].calendar: the first version of late becomes valid after the agreement (2026-02-02T00:00:00Z)"
    ]


def test_another_calendar_cannot_take_the_name_of_the_built_in_one(check: Check, errors_of: Errors) -> None:
    assert errors_of(doc("Calendar", "24x7", {"timeZone": "UTC", "weekly": {"mon": ["09:00-10:00"]}})) == [
        "spec: 24x7 is built in and always open"
    ]
    check(doc("Calendar", "24x7", {"timeZone": "Europe/London", "alwaysOpen": True}))


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"timeZone": "Europe/Londn", "alwaysOpen": True}, "spec.timeZone: "),
        ({"timeZone": "+01:00", "alwaysOpen": True}, "spec.timeZone: "),
        ({"alwaysOpen": True}, "spec.timeZone: is required"),
        ({"timeZone": "UTC"}, "spec: needs weekly hours or alwaysOpen: true"),
        ({"timeZone": "UTC", "alwaysOpen": True, "weekly": {}}, "spec: has both weekly and alwaysOpen"),
        ({"timeZone": "UTC", "weekly": {"mon": ["9-17"]}}, "spec.weekly.mon[0]: "),
        ({"timeZone": "UTC", "weekly": {"mon": ["09:00-25:00"]}}, "spec.weekly.mon[0]: "),
        ({"timeZone": "UTC", "weekly": {"mon": ["24:00-06:00"]}}, "spec.weekly.mon[0]: "),
        ({"timeZone": "UTC", "weekly": {"mon": ["09:60-10:00"]}}, "spec.weekly.mon[0]: "),
        ({"timeZone": "UTC", "weekly": {"mon": "09:00-10:00"}}, "spec.weekly.mon: should be a list"),
        ({"timeZone": "UTC", "weekly": {"monday": []}}, "spec.weekly.monday: is not a known key"),
        ({"timeZone": "UTC", "weekly": {}, "recurringHolidays": ["02-30"]}, "spec.recurringHolidays[0]: "),
        ({"timeZone": "UTC", "weekly": {}, "overrides": {"12-24": []}}, "spec.overrides: "),
        ({"timeZone": "UTC", "weekly": {}, "publicHolidays": {"country": "XX"}}, "spec.publicHolidays: "),
        (
            {"timeZone": "UTC", "weekly": {}, "publicHolidays": {"country": "GB", "subdivision": "XYZ"}},
            "spec.publicHolidays: GB has no subdivision",
        ),
    ],
)
def test_malformed_calendar_is_an_error(errors_of: Errors, spec: dict[str, Any], expected: str) -> None:
    found = errors_of(doc("Calendar", "c", spec))
    assert len(found) == 1
    assert found[0].startswith(expected)


# --- credits --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bands", "expected"),
    [
        ([{"below": 95, "atLeast": 90, "percent": 5}, {"below": 90, "percent": 10}], None),
        ([{"below": 90, "percent": 10}, {"below": 95, "atLeast": 90, "percent": 5}], None),
        ([{"below": 95, "atLeast": 90, "percent": 5}, {"below": 85, "percent": 10}], "from 85 % to 90 % no band"),
        ([{"below": 95, "atLeast": 90, "percent": 5}, {"below": 92, "percent": 10}], "95 % and 92 % overlap"),
        ([{"below": 95, "atLeast": 90, "percent": 5}], "below 90 % no band"),
        ([{"below": 90, "atLeast": 95, "percent": 5}], "ends where it begins"),
    ],
)
def test_credit_bands_neither_overlap_nor_leave_holes(
    check: Check, errors_of: Errors, bands: list[dict[str, float]], expected: str | None
) -> None:
    agreement = sla(targets=[target(credit={"basis": "monthly_charge", "bands": bands})])
    if expected is None:
        check(agreement)
    else:
        (error,) = errors_of(agreement)
        assert expected in error


# --- findings -------------------------------------------------------------------------------------------------------


def test_missing_signatures_requirements_and_prices_are_warnings(findings_of: Findings) -> None:
    assert findings_of(sla(services=listed("mail"))) == [
        ("warning", "spec.signatures: the consumer has not signed"),
        ("warning", "spec.signatures: the provider has not signed"),
        ("warning", "spec.services[0]: the service mail has no price"),
        ("warning", "spec.targets[0]: the target resolve names no requirement"),
    ]


def test_the_same_are_errors_under_strict_governance(errors_of: Errors) -> None:
    settings = "apiVersion: slm/v1\nname: test\ngovernance: strict\n"
    assert len(errors_of(sla(services=listed("mail")), settings=settings)) == 4


def test_draft_needs_no_signature(findings_of: Findings) -> None:
    assert findings_of(sla(status="draft")) == []


def test_complete_agreement_has_no_finding(findings_of: Findings) -> None:
    price = {"amount": "10.00", "currency": "GBP", "per": "month"}
    found = findings_of(
        doc("Service", "phone", {"owner": "it", "tiers": [{"name": "gold", "price": price}]}),
        doc("Requirement", "r", {"customer": "acme", "statement": "Soon."}),
        sla(
            services=[{"service": "phone", "tier": "gold"}],
            targets=[target(satisfies=["r"])],
            signatures=[{"side": side, "role": "r", "at": "2026-02-01"} for side in ("provider", "consumer")],
        ),
    )
    assert found == []


def test_signature_after_the_validity_began_is_a_warning(findings_of: Findings) -> None:
    signatures = [
        {"side": "provider", "role": "r", "at": "2026-02-02"},
        {"side": "consumer", "role": "r", "at": "2026-01-31"},
    ]
    found = findings_of(sla(signatures=signatures))
    assert ("warning", "spec.signatures[0].at: was signed (2026-02-02) after the validity began") in found
    assert not any("signatures[1]" in text for _, text in found)


def test_clock_without_a_percentage_means_every_ticket_and_says_so(findings_of: Findings) -> None:
    found = findings_of(sla(targets=[target(objective={"op": "lte", "value": "PT4H"})]))
    assert ("info", "spec.targets[0].objective: has no targetPercent: all that count must meet it (100 %)") in found


def test_period_that_closes_before_a_ticket_can_no_longer_resume_is_noted(findings_of: Findings) -> None:
    found = findings_of(sla(reporting={"closeAfterWorkingDays": 3}))
    assert any(severity == "info" and text.startswith("spec.reporting: periods close") for severity, text in found)


def test_example_of_the_documentation_is_valid(tmp_path: Path) -> None:
    (tmp_path / "agreements").mkdir()
    example = Path(__file__).with_name("example.yaml").read_text(encoding="utf-8")
    (tmp_path / "agreements" / "example.yaml").write_text(example, encoding="utf-8")
    (tmp_path / "slm.yaml").write_text("apiVersion: slm/v1\nname: example\n", encoding="utf-8")
    project = validate(tmp_path, load_project(tmp_path, {}), AS_OF)
    assert [version.key for version in project.agreements] == [("ola-dba", 1), ("sla-acme-payroll", 3)]


@pytest.mark.parametrize("period", [None, "March", "2026-13"])
def test_decision_that_re_opens_a_period_names_it(errors_of: Errors, period: str | None) -> None:
    spec = {"kind": "reopen_period", "agreement": "sla", "reason": "x", "outcome": "rejected", "period": period}
    (error,) = errors_of(sla(), doc("Decision", "a", {k: v for k, v in spec.items() if v is not None}))
    assert 'reopen_period needs period: "2026-03", "2026-Q1" or "2026"' in error

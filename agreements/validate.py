"""Checking the documents of a project against each other.

Belongs here: every rule that takes more than one document (or the project's settings), and the findings that do not
stop a build.
Does not belong here: reading (`documents`), the form of one document (`models`, `objectives`), calendar arithmetic
(`calendars`), tables.
Sits between `documents` and `compile`: what `validate` returns can be compiled without further checks.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

from agreements.calendars import (
    ALWAYS_OPEN_ID,
    DAY,
    CalendarClock,
    VersionedCalendar,
    calendars_by_id,
    closed_days,
    day_number,
    local_midnight,
)
from agreements.dependencies import MAX_FAILURE_SETS, TooManyFailureSets, circles, failure_sets
from agreements.documents import FOLDER, Document, read_documents
from agreements.models import (
    ALL_SERVICES,
    Agreement,
    Calendar,
    Decision,
    ImprovementAction,
    Requirement,
    Service,
    SurveyInstrument,
    Target,
)
from agreements.objectives import calendar_id, metric_for, read_objective, survey_item
from settings.errors import Problem, ProjectError
from settings.project import PROJECT_FILE, ProjectConfig
from settings.yaml import PathStep

HORIZON_SECONDS = 5 * 366 * DAY  # how far beyond as_of a due instant is computed

# Calendars are compiled day by day from the start of an agreement: a placeholder such as 0001-01-01 is refused.
EARLIEST_YEAR, LATEST_YEAR = 1970, 2200

WARNING, INFO = "warning", "info"


@dataclass(frozen=True)
class Finding:
    """Something to know that does not stop the build. `severity` is warning (governance) or info."""

    severity: str
    problem: Problem


@dataclass(frozen=True)
class AgreementVersion:
    """An agreement version with its validity in instants, half-open; `valid_to_epoch` None = open."""

    document: Document
    spec: Agreement
    time_zone: str
    valid_from_epoch: int
    valid_to_epoch: int | None

    @property
    def key(self) -> tuple[str, int]:
        """(agreement id, version)."""
        return self.document.name, self.spec.version

    def calendar_ids(self) -> list[str]:
        """The calendars that its targets and its maintenance windows are read in, in order."""
        maintenance = self.spec.policies.maintenance
        names = {calendar_id(target) for target in self.spec.targets} | set(maintenance.windows if maintenance else [])
        return sorted(name for name in names if name is not None)

    def overlaps(self, other: "AgreementVersion") -> bool:
        """Whether there is an instant at which both are valid."""
        return (self.valid_to_epoch is None or other.valid_from_epoch < self.valid_to_epoch) and (
            other.valid_to_epoch is None or self.valid_from_epoch < other.valid_to_epoch
        )


@dataclass(frozen=True)
class ValidProject:
    """Everything that was read, free of errors."""

    config: ProjectConfig
    documents: tuple[Document, ...]
    agreements: tuple[AgreementVersion, ...]
    calendars: dict[str, VersionedCalendar]
    findings: tuple[Finding, ...]

    def of_kind(self, kind: str) -> list[Document]:
        """The documents of one kind, by name, in a fixed order."""
        return [document for document in self.documents if document.kind == kind]

    @property
    def services(self) -> dict[str, Service]:
        """Every service by its id."""
        return {d.name: d.spec for d in self.documents if isinstance(d.spec, Service)}


def validate(project_dir: Path, config: ProjectConfig, as_of_epoch: int) -> ValidProject:
    """All agreements of a project, read and checked.

    Raises ProjectError with every problem of every file at once.
    """
    documents, problems, broken = read_documents(project_dir)
    check = _Check(config, as_of_epoch, documents, broken)
    check.run()
    errors = [*problems, *check.errors]
    findings = check.findings
    if config.governance == "strict":
        errors += [finding.problem for finding in findings if finding.severity == WARNING]
    if errors:
        raise ProjectError(sorted(errors, key=lambda problem: problem.reading_order))
    ordered = sorted(findings, key=lambda finding: (finding.problem.reading_order, finding.severity))
    return ValidProject(config, tuple(documents), tuple(check.agreements), check.calendars, tuple(ordered))


def instant_of(value: date, zone: str) -> int:
    """The epoch of an instant, or of the local midnight of a date."""
    return int(value.timestamp()) if isinstance(value, datetime) else local_midnight(value, zone)


class _Check:
    """One pass over the documents; collects errors and findings, raises nothing."""

    def __init__(
        self, config: ProjectConfig, as_of_epoch: int, documents: list[Document], broken: set[tuple[str, str]]
    ) -> None:
        self.config, self.as_of_epoch, self.documents = config, as_of_epoch, documents
        self.errors: list[Problem] = []
        self.findings: list[Finding] = []
        # a reference to a document that could not be read is not reported a second time
        self.known = {(document.kind, document.name) for document in documents} | broken
        self.calendars = calendars_by_id(list(self._specs("Calendar", Calendar)))
        self.agreements: list[AgreementVersion] = []

    def run(self) -> None:
        """All checks."""
        self._unique()
        self._settings()
        self._calendar_documents()
        self.agreements = self._versions()
        self._services()
        self._requirements()
        for version in self.agreements:
            self._parties(version)
            self._targets(version)
            self._maintenance(version)
            self._support(version)
            self._governance(version)
            if version.spec.is_measured:
                self._calendar_coverage(version)
        self._overlaps()
        self._support_cycles()
        self._decisions()
        self._improvements()

    # --- helpers

    def _specs(self, kind: str, model: type[Any]) -> Iterator[tuple[str, Any]]:
        for document in self.documents:
            if document.kind == kind and isinstance(document.spec, model):
                yield document.name, document.spec

    def _pairs(self, model: type[Any]) -> Iterator[tuple[Document, Any]]:
        for document in self.documents:
            if isinstance(document.spec, model):
                yield document, document.spec

    def _error(self, document: Document, path: Sequence[PathStep], reason: str, remedy: str | None = None) -> None:
        self.errors.append(document.problem(path, reason, remedy))

    def _warn(self, document: Document, path: Sequence[PathStep], reason: str, remedy: str | None = None) -> None:
        self.findings.append(Finding(WARNING, document.problem(path, reason, remedy)))

    def _note(self, document: Document, path: Sequence[PathStep], reason: str, remedy: str | None = None) -> None:
        self.findings.append(Finding(INFO, document.problem(path, reason, remedy)))

    def _exists(self, document: Document, path: Sequence[PathStep], kind: str, name: str) -> bool:
        if (kind, name) in self.known or (kind, "") in self.known:
            return True
        self._error(document, path, f'there is no {kind} "{name}"')
        return False

    # --- documents by themselves and the project's settings

    def _unique(self) -> None:
        first: dict[tuple[Any, ...], Document] = {}
        for document in self.documents:
            key: tuple[Any, ...] = (document.kind, document.name)
            if isinstance(document.spec, Agreement):
                key += (document.spec.version,)
            elif isinstance(document.spec, Calendar):
                key += (document.spec.valid_from,)
            if key in first:
                other = first[key].source
                remedy = {
                    "Agreement": "a change is a new version",
                    "Calendar": "a change is a document with a later validFrom",
                }.get(document.kind, "keep one")
                self._error(document, [], f"is a second one; the first is in {other.file}, line {other.line}", remedy)
            first.setdefault(key, document)

    def _settings(self) -> None:
        self._named_in_settings("reports.customers", "Customer", self.config.reports.customers)
        for index, source in enumerate(self.config.sources):
            if source.covers is not None:
                path = f"sources[{index}].covers"
                self._named_in_settings(f"{path}.customers", "Customer", source.covers.customers)
                self._named_in_settings(f"{path}.services", "Service", source.covers.services)

    def _named_in_settings(self, path: str, kind: str, names: Sequence[str] | None) -> None:
        for index, name in enumerate(names or []):
            if (kind, name) not in self.known and (kind, "") not in self.known:
                reason = f'there is no {kind} "{name}"'
                remedy = f"write the name of a {kind} in {FOLDER}/, or add one"
                self.errors.append(Problem(PROJECT_FILE, "", f"{path}[{index}]", reason, remedy))

    def _calendar_documents(self) -> None:
        for document, calendar in self._pairs(Calendar):
            if document.name == ALWAYS_OPEN_ID and not (calendar.is_always_open() and calendar.valid_from is None):
                self._error(document, [], "24x7 is built in and always open", "give this calendar another name")
            for day in calendar.overrides:
                number = day_number(date.fromisoformat(day))
                if number in closed_days(calendar, number, number):
                    self._note(document, ["overrides", day], "has no effect: the day is a holiday")

    def _services(self) -> None:
        for document, service in self._pairs(Service):
            for index, dependency in enumerate(service.depends_on):
                path: list[PathStep] = ["dependsOn", index, "service"]
                if ("Service", dependency.service) not in self.known:
                    self._note(document, path, f'there is no Service "{dependency.service}"')
        services = dict(self._specs("Service", Service))
        in_circles = circles(services)
        for document, _ in self._pairs(Service):
            if document.name in in_circles:
                self._error(document, ["dependsOn"], "the service depends on itself, directly or in a circle")
        if not in_circles:
            self._failure_sets(services)

    def _failure_sets(self, services: dict[str, Service]) -> None:
        try:
            failure_sets(services)
        except TooManyFailureSets as error:
            document = next(document for document, _ in self._pairs(Service) if document.name == str(error))
            reason = f"there are more than {MAX_FAILURE_SETS} ways in which its dependencies can take the service down"
            self._error(document, ["dependsOn"], reason, "put a service between that stands for several of them")

    def _requirements(self) -> None:
        satisfied = {
            name for version in self.agreements for target in version.spec.targets for name in target.satisfies
        }
        for document, requirement in self._pairs(Requirement):
            self._exists(document, ["customer"], "Customer", requirement.customer)
            if requirement.service is not None:
                self._exists(document, ["service"], "Service", requirement.service)
            if document.name not in satisfied:
                self._note(document, [], "no target satisfies this requirement")

    def _improvements(self) -> None:
        for document, action in self._pairs(ImprovementAction):
            for key, kind in (("agreement", "Agreement"), ("service", "Service"), ("customer", "Customer")):
                name = getattr(action, key)
                if name is not None:
                    self._exists(document, [key], kind, name)

    # --- validity

    def _versions(self) -> list[AgreementVersion]:
        """All agreement versions with their effective validity, by (name, version)."""
        by_name: dict[str, list[tuple[Document, Agreement, str, int, int | None]]] = defaultdict(list)
        for document, spec in self._pairs(Agreement):
            zone = spec.validity.time_zone or self.config.reporting.time_zone
            start = instant_of(spec.validity.from_, zone)
            end = None if spec.validity.to is None else instant_of(spec.validity.to, zone)
            if not EARLIEST_YEAR <= spec.validity.from_.year <= LATEST_YEAR:
                reason = f"should lie between the years {EARLIEST_YEAR} and {LATEST_YEAR}"
                self._error(document, ["validity", "from"], reason)
                continue
            if end is not None and end <= start:
                self._error(document, ["validity", "to"], "the validity ends where it begins or before")
            by_name[document.name].append((document, spec, zone, start, end))
        versions = []
        for name in sorted(by_name):
            ordered = sorted(by_name[name], key=lambda entry: entry[1].version)
            measured = [entry for entry in ordered if entry[1].is_measured]
            following = {id(earlier[0]): later for earlier, later in pairwise(measured)}
            for document, spec, zone, start, end in ordered:
                later = following.get(id(document))
                if later is not None and later[1].version > spec.version:
                    if later[3] <= start:
                        reason = f"begins no later than version {spec.version}"
                        self._error(later[0], ["validity", "from"], reason, "versions follow each other in time")
                    elif end is None:
                        end = later[3]
                versions.append(AgreementVersion(document, spec, zone, start, end))
        return versions

    def _overlaps(self) -> None:
        """Two measured agreements of one type that would both apply to one customer (team, supplier) and service."""
        groups: dict[tuple[str, ...], list[AgreementVersion]] = defaultdict(list)
        for version in self.agreements:
            if not version.spec.is_measured:
                continue
            spec = version.spec
            for parties in _told_apart_by(spec):
                for entry in spec.services:
                    groups[(spec.type, *parties, entry.service)].append(version)
        reported: set[tuple[Any, ...]] = set()
        for group in groups.values():
            ordered = sorted(group, key=lambda version: (version.valid_from_epoch, version.key))
            for index, later in enumerate(ordered):
                for earlier in ordered[:index]:
                    pair = (earlier.key, later.key)
                    if earlier.overlaps(later) and earlier.key != later.key and pair not in reported:
                        reported.add(pair)
                        self._report_overlap(earlier, later)

    def _report_overlap(self, earlier: AgreementVersion, later: AgreementVersion) -> None:
        ours, theirs = ({entry.service for entry in version.spec.services} for version in (later, earlier))
        shared = sorted(ours & theirs)
        services = "all services" if shared == [ALL_SERVICES] else f"the service {', '.join(shared)}"
        other = f"{earlier.document.name} version {earlier.spec.version}"
        begins = later.spec.validity.from_
        self._error(
            later.document,
            ["validity"],
            f"overlaps {other}, a measured {earlier.spec.type} {_shared(earlier.spec, later.spec)} {services}",
            f'end {other} with validity.to: "{_written(begins)}", or narrow one of the two',
        )

    # --- one version

    def _parties(self, version: AgreementVersion) -> None:
        document, spec = version.document, version.spec
        if spec.type == "SLA":
            self._exists(document, ["consumer"], "Customer", spec.consumer)
        elif ("Team", spec.consumer) not in self.known:
            self._note(document, ["consumer"], f'there is no Team "{spec.consumer}"')
        for index, entry in enumerate(spec.services):
            if entry.service == ALL_SERVICES or not self._exists(
                document, ["services", index, "service"], "Service", entry.service
            ):
                continue
            service = next((s for name, s in self._specs("Service", Service) if name == entry.service), None)
            if service and entry.tier and entry.tier not in {tier.name for tier in service.tiers}:
                self._error(
                    document, ["services", index, "tier"], f'the service {entry.service} has no tier "{entry.tier}"'
                )
        if spec.supersedes and ("Agreement", spec.supersedes.name, spec.supersedes.version) not in {
            ("Agreement", *other.key) for other in self.agreements
        }:
            earlier = f"{spec.supersedes.name} version {spec.supersedes.version}"
            self._note(document, ["supersedes"], f"{earlier} is not among the agreements")
        if spec.lifecycle and spec.lifecycle[-1].state != spec.status:
            reason = f"the last step is {spec.lifecycle[-1].state}, the status {spec.status}"
            self._note(document, ["lifecycle"], reason)

    def _targets(self, version: AgreementVersion) -> None:
        document, spec = version.document, version.spec
        for index, target in enumerate(spec.targets):
            self._target(version, index, target)
        for index, obligation in enumerate(spec.customer_obligations):
            if obligation.calendar is not None and obligation.calendar not in self.calendars:
                self._exists(document, ["customerObligations", index, "calendar"], "Calendar", obligation.calendar)
        for (first, one), (second, other) in combinations(enumerate(spec.targets), 2):
            reason = _ambiguity(one, other)
            if reason:
                path: list[PathStep] = ["targets", second, "scope" if other.scope.restrictions() else "metric"]
                self._error(document, path, f"{reason} target {one.id} (targets[{first}])", "narrow the scope of one")

    def _maintenance(self, version: AgreementVersion) -> None:
        maintenance = version.spec.policies.maintenance
        for index, name in enumerate(maintenance.windows if maintenance else []):
            if name not in self.calendars:
                self._exists(version.document, ["policies", "maintenance", "windows", index], "Calendar", name)

    def _target(self, version: AgreementVersion, index: int, target: Target) -> None:
        document, metric = version.document, metric_for(target)
        here: list[PathStep] = ["targets", index]
        objective, problems = read_objective(target)
        for problem in problems:
            self._error(document, [*here, *problem.path], problem.reason, problem.remedy)
        if objective is not None and objective.is_percent_assumed:
            self._note(document, [*here, "objective"], "has no targetPercent: all that count must meet it (100 %)")
        if target.calendar is None and metric.needs_calendar:
            reason = f"is required: {target.metric} is counted in a calendar's time"
            self._error(document, [*here, "calendar"], reason, f"name a Calendar, or {ALWAYS_OPEN_ID}")
        elif target.calendar is not None and target.calendar not in self.calendars:
            self._exists(document, [*here, "calendar"], "Calendar", target.calendar)
        if target.scope.restrictions() and not metric.has_scope:
            reason = f"{target.metric} is no matter of single tickets and cannot be narrowed by a scope"
            self._error(document, [*here, "scope"], reason)
        if target.clock is not None:
            self._clock(document, [*here, "clock"], target)
        for place, name in enumerate(target.satisfies):
            self._exists(document, [*here, "satisfies", place], "Requirement", name)
        item = survey_item(target)
        if item is not None:
            self._survey_item(document, [*here, "metric"], item)
        for metric_name, kind, who in (("time_in_team", "OLA", "team"), ("time_with_supplier", "UC", "supplier")):
            if target.metric == metric_name and version.spec.type != kind:
                reason = f"{metric_name} measures the {who} that provides an {kind}, not an {version.spec.type}"
                self._error(document, [*here, "metric"], reason)
        if target.credit and objective and target.credit.bands[0].below > objective.target_ppm > 0:
            self._note(document, [*here, "credit"], "pays for attainments that still meet the target")
        if target.metric == "time_in_team" and version.spec.type == "OLA":
            self._exists(document, ["provider"], "Team", version.spec.provider)
        if version.spec.is_measured and version.spec.type not in metric.measured_in:
            where = f"in an {version.spec.type}" if metric.is_measured else "yet"
            self._note(
                document, [*here, "metric"], f"{target.metric} is recorded, but no figure is computed for it {where}"
            )

    def _clock(self, document: Document, here: Sequence[PathStep], target: Target) -> None:
        metric, clock = metric_for(target), target.clock
        if clock is None:
            return
        if not metric.is_clock:
            self._error(document, here, f"{target.metric} is no ticket clock")
            return
        if clock.stop is not None and clock.stop != metric.clock_stop:
            stops = metric.clock_stop or "its own events only"
            self._error(document, [*here, "stop"], f"{target.metric} stops at {stops}")
        starts = {"ticket.opened", "ticket.assigned"} if target.metric == "time_in_team" else {"ticket.opened"}
        if metric.has_own_start and clock.start not in starts:
            self._error(document, [*here, "start"], f"{target.metric} has a start of its own", "leave it out")
        if clock.pause and target.metric == "time_with_supplier":
            reason = "time_with_supplier runs in waiting_supplier alone and cannot pause"
            self._error(document, [*here, "pause"], reason, "leave it out")

    def _survey_item(self, document: Document, here: Sequence[PathStep], item: str) -> None:
        instruments = [instrument for _, instrument in self._specs("SurveyInstrument", SurveyInstrument)]
        if any(item == known.id for instrument in instruments for known in instrument.items):
            return
        if instruments:
            self._error(document, here, f'no SurveyInstrument has an item "{item}"')
        else:
            self._note(document, here, f'there is no SurveyInstrument that describes the item "{item}"')

    def _calendar_coverage(self, version: AgreementVersion) -> None:
        """Each calendar must be valid from the agreement's start and be open at some time of its validity."""
        start = version.valid_from_epoch
        horizon = max(self.as_of_epoch, start) + HORIZON_SECONDS
        end = horizon if version.valid_to_epoch is None else min(version.valid_to_epoch, horizon)
        for name, path in _calendar_places(version.spec):
            if name not in self.calendars or end <= start:
                continue
            calendar = self.calendars[name]
            begins = calendar.begins_at()
            if begins is not None and begins > start:
                reason = f"the first version of {name} becomes valid after the agreement ({_written_epoch(begins)})"
                remedy = f"give {name} an earlier validFrom, or none"
                self._error(version.document, path, reason, remedy)
            elif not _is_ever_open(calendar, start, end):
                self._error(version.document, path, f"{name} is never open while the agreement is valid")

    def _support(self, version: AgreementVersion) -> None:
        for index, support in enumerate(version.spec.supported_by):
            path: list[PathStep] = ["supportedBy", index, "agreement"]
            if not self._exists(version.document, path, "Agreement", support.agreement):
                continue
            supporting = [other.spec for other in self.agreements if other.document.name == support.agreement]
            if any(spec.type == "SLA" for spec in supporting):
                self._error(version.document, path, f"{support.agreement} is an SLA; only an OLA or a UC supports")
            if support.target and supporting and support.target not in _target_ids(supporting):
                path = ["supportedBy", index, "target"]
                self._error(version.document, path, f'{support.agreement} has no target "{support.target}"')

    def _support_cycles(self) -> None:
        supports: dict[str, set[str]] = defaultdict(set)
        for version in self.agreements:
            supports[version.document.name] |= {support.agreement for support in version.spec.supported_by}
        for version in self.agreements:
            name = version.document.name
            reached, pending = set(), list(supports[name])
            while pending:
                current = pending.pop()
                if current not in reached:
                    reached.add(current)
                    pending += supports.get(current, set())
            if name in reached:
                self._error(version.document, ["supportedBy"], "the agreement supports itself, directly or in a circle")

    def _governance(self, version: AgreementVersion) -> None:
        """Missing signatures, requirements and prices; late signatures; a period that closes before reopening ends."""
        document, spec = version.document, version.spec
        if not spec.is_measured:
            return
        for side in ("provider", "consumer"):
            if not any(signature.side == side for signature in spec.signatures):
                self._warn(document, ["signatures"], f"the {side} has not signed")
        for index, signature in enumerate(spec.signatures):
            if instant_of(signature.at, version.time_zone) > version.valid_from_epoch:
                reason = f"was signed ({_written(signature.at)}) after the validity began"
                self._warn(document, ["signatures", index, "at"], reason)
        if spec.type == "SLA":
            for index, target in enumerate(spec.targets):
                if not target.satisfies:
                    self._warn(document, ["targets", index], f"the target {target.id} names no requirement")
        if spec.type != "OLA":
            self._prices(document, spec)
        closes = spec.reporting.close_after_working_days
        closes = self.config.reporting.close_after_working_days if closes is None else closes
        reopen = spec.policies.reopen
        if reopen.mode == "resume" and closes < reopen.window_days:
            reason = (
                f"periods close after {closes} working days, while a ticket can resume for {reopen.window_days} days"
            )
            self._note(document, ["reporting"], reason, "a reopening can then restate a closed period")

    def _prices(self, document: Document, spec: Agreement) -> None:
        services = dict(self._specs("Service", Service))
        for index, entry in enumerate(spec.services):
            service = services.get(entry.service)
            tier = next((t for t in service.tiers if t.name == entry.tier), None) if service else None
            if tier is None or tier.price is None:
                what = "all services" if entry.service == ALL_SERVICES else f"the service {entry.service}"
                named = f" at tier {entry.tier}" if entry.tier else ""
                self._warn(document, ["services", index], f"{what}{named} has no price")

    # --- decisions

    def _decisions(self) -> None:
        for document, decision in self._pairs(Decision):
            if not self._exists(document, ["agreement"], "Agreement", decision.agreement):
                continue
            versions = [other.spec for other in self.agreements if other.document.name == decision.agreement]
            if decision.target is not None and versions and decision.target not in _target_ids(versions):
                self._error(document, ["target"], f'{decision.agreement} has no target "{decision.target}"')
            if decision.outcome != "accepted":
                continue
            for side in ("provider", "consumer"):
                if not any(actor.side == side for actor in decision.decided_by):
                    self._note(document, ["decidedBy"], f"nobody decided for the {side}")
            if decision.kind == "correct_timestamp":
                self._note(document, ["kind"], f"{decision.kind} is recorded and changes no figure by itself")


def _told_apart_by(spec: Agreement) -> list[tuple[str, ...]]:
    """By whom an agreement is told from others of its type and service; several ways where it must pass them all.

    A ticket says whose it is and which team has it. It says neither for whom that team works nor for which supplier it
    waits, so clocks of teams and suppliers need more than other parties to be told apart.
    """
    if spec.type == "SLA":
        return [(spec.consumer,)]
    metrics = {target.metric for target in spec.targets}
    ways: list[tuple[str, ...]] = [(spec.provider, spec.consumer)]
    if "time_in_team" in metrics:
        ways.append((spec.provider,))
    if "time_with_supplier" in metrics:
        ways.append(())
    return ways


def _shared(one: Agreement, other: Agreement) -> str:
    if one.consumer == other.consumer and (one.type == "SLA" or one.provider == other.provider):
        return "for the same parties and"
    if one.type == "OLA":
        return "that measures the same team's time on"
    return "that measures a supplier's time on"


def _calendar_places(spec: Agreement) -> list[tuple[str, list[PathStep]]]:
    """Each calendar that an agreement reads, and where it is first named."""
    places: dict[str, list[PathStep]] = {}
    for index, target in enumerate(spec.targets):
        name = calendar_id(target)
        if name is not None:
            places.setdefault(name, ["targets", index, "calendar"])
    maintenance = spec.policies.maintenance
    for index, name in enumerate(maintenance.windows if maintenance else []):
        places.setdefault(name, ["policies", "maintenance", "windows", index])
    return list(places.items())


def _target_ids(versions: Iterable[Agreement]) -> set[str]:
    return {target.id for version in versions for target in version.targets}


def _ambiguity(one: Target, other: Target) -> str | None:
    """Why two targets of one agreement cannot both stand, None if they can.

    Of the targets that match a ticket the one with more scope keys wins, so only equally narrow ones collide.
    Availability and outages are matched to no ticket: there only a repetition is an error.
    """
    if one.metric != other.metric:
        return None
    if not metric_for(one).has_scope:
        same = (calendar_id(one), one.objective.value) == (calendar_id(other), other.objective.value)
        return f"measures {one.metric} on the same calendar as" if same else None
    first, second = one.scope.restrictions(), other.scope.restrictions()
    if len(first) != len(second):
        return None
    if any(not set(first[key]) & set(second[key]) for key in first.keys() & second.keys()):
        return None
    return f"can match the same ticket with as many scope keys, for the same metric {one.metric}, as"


def _is_ever_open(calendar: VersionedCalendar, start: int, end: int) -> bool:
    soon = min(end, start + 366 * DAY)  # most calendars show it in their first year
    return any(
        len(CalendarClock.of(calendar, low, high).begins) > 0
        for low, high in ((start, soon), (soon, end))
        if low < high
    )


def _written(value: date) -> str:
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime) else value.isoformat()


def _written_epoch(epoch: int) -> str:
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

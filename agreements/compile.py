"""From validated agreements to Parquet tables.

Belongs here: the rows of every compiled table, their horizons, and the swap of the finished directory.
Does not belong here: rules (`validate`, `objectives`), calendar arithmetic (`calendars`), column names (`tables`).
Last of this room: `compile_agreements` is what the nightly job calls before any data is touched.

The same files and the same as_of give the same bytes.
"""

import hashlib
import os
import shutil
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyarrow as pa

from agreements.calendars import (
    DAY,
    Epochs,
    VersionedCalendar,
    day_number,
    local_midnight,
    open_seconds_within,
)
from agreements.dependencies import failure_sets
from agreements.documents import agreement_files
from agreements.models import (
    Agreement,
    Customer,
    Decision,
    Evidence,
    Maintenance,
    Money,
    Requirement,
    Service,
    SurveyInstrument,
    Target,
)
from agreements.moments import occurrences
from agreements.objectives import ReadObjective, calendar_id, metric_for, read_objective, survey_item
from agreements.periods import (
    WorkingDays,
    cut_at_midnights,
    days_between,
    narrowest,
    per_utc_day,
    period_boundaries,
    period_end_after,
    periods_between,
    weekdays_of,
    working_days_of,
)
from agreements.sentences import hours_sentence, target_sentence
from agreements.tables import SCHEMAS, columns_of, table_of, write_table
from agreements.validate import (
    HORIZON_SECONDS,
    AgreementVersion,
    Finding,
    ValidProject,
    instant_of,
    validate,
)
from settings.errors import SlmError
from settings.project import PROJECT_FILE, ProjectConfig, period_first_day

BUCKET_SECONDS = 3600
LEAD_SECONDS = 3 * DAY  # calendars are compiled from a little before the first agreement that uses them
PPM = 1_000_000
PERIOD_LEAD_SECONDS = 400 * DAY
PERIOD_HISTORY_SECONDS = 3653 * DAY  # periods reach back ten years even for a young project
CLOSING_SEARCH_SECONDS = 800 * DAY  # 366 working days at least, at four a week

Row = tuple[Any, ...]


class CompileError(SlmError):
    """The compiled tables could not be written."""


@dataclass(frozen=True)
class CompiledSummary:
    """What was compiled: documents per kind, rows per table, findings, and the hash of what was read.

    `unmeasured_targets` names, as agreement/version/target, the targets whose metric has no figure yet.
    """

    document_counts: dict[str, int]
    row_counts: dict[str, int]
    findings: tuple[Finding, ...]
    input_hash: str
    unmeasured_targets: tuple[str, ...]

    def __str__(self) -> str:
        kinds = ", ".join(f"{count} {kind}" for kind, count in self.document_counts.items()) or "no documents"
        severities = Counter(finding.severity for finding in self.findings)
        found = ", ".join(f"{count} {severity}" for severity, count in sorted(severities.items())) or "none"
        lines = [f"documents: {kinds}", f"findings: {found}", f"inputs: sha256 {self.input_hash}"]
        if self.unmeasured_targets:
            lines.append(f"not measured yet: {', '.join(self.unmeasured_targets)}")
        return "\n".join(lines)


def compile_agreements(project_dir: Path, config: ProjectConfig, as_of_epoch: int, out_dir: Path) -> CompiledSummary:
    """Validate all agreements and write every compiled table into `out_dir`, typed even where it is empty.

    Afterwards `out_dir` holds exactly these tables. They are written beside it first and swapped in whole, so that a
    failure leaves the former tables. `as_of_epoch` is the instant the build speaks for.
    Raises ProjectError with every problem at once; CompileError if the directory cannot be written.
    """
    input_hash = hash_inputs(project_dir)
    project = validate(project_dir, config, as_of_epoch)
    try:
        row_counts = _write_all(project, as_of_epoch, out_dir)
    except OSError as error:
        raise CompileError(f"{out_dir} cannot be written: {error.strerror or error}; choose another home") from error
    return CompiledSummary(
        document_counts=dict(sorted(Counter(document.kind for document in project.documents).items())),
        row_counts=row_counts,
        findings=project.findings,
        input_hash=input_hash,
        unmeasured_targets=tuple(
            f"{version.document.name}/{version.spec.version}/{target.id}"
            for version in project.agreements
            if version.spec.is_measured
            for target in version.spec.targets
            if version.spec.type not in metric_for(target).measured_in
        ),
    )


def hash_inputs(project_dir: Path) -> str:
    """SHA-256 over the names and bytes of slm.yaml and of every agreement file."""
    digest = hashlib.sha256()
    for path in [project_dir / PROJECT_FILE, *agreement_files(project_dir)]:
        content = path.read_bytes() if path.is_file() else b""
        name = path.relative_to(project_dir).as_posix().encode()
        digest.update(b"%d:%s%d:" % (len(name), name, len(content)))
        digest.update(content)
    return digest.hexdigest()


def _write_all(project: ValidProject, as_of_epoch: int, out_dir: Path) -> dict[str, int]:
    """Write into a directory beside `out_dir` and swap. Returns rows per table."""
    out_dir.parent.mkdir(parents=True, exist_ok=True)
    former = out_dir.with_name(f"{out_dir.name}.former")
    if former.exists():
        if out_dir.exists():
            shutil.rmtree(former)
        else:
            os.replace(former, out_dir)  # a run was killed between the two renames below
    scratch = Path(tempfile.mkdtemp(prefix=f".{out_dir.name}.", dir=out_dir.parent))
    try:
        counts = {}
        for name, parts in _tables(project, as_of_epoch):
            counts[name] = write_table(scratch / f"{name}.parquet", name, parts)
        scratch.chmod(0o755)  # mkdtemp makes it private
        if out_dir.exists():
            os.replace(out_dir, former)
        os.replace(scratch, out_dir)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    shutil.rmtree(former, ignore_errors=True)
    return {name: counts[name] for name in SCHEMAS}


def _tables(project: ValidProject, as_of_epoch: int) -> Iterator[tuple[str, Iterator[pa.Table]]]:
    """Every table by name, with its parts in order."""
    rows = {
        **_party_rows(project),
        **_service_rows(project, as_of_epoch),
        **_agreement_rows(project),
        **_other_rows(project, as_of_epoch),
        "calendar": _calendar_rows(project),
        "reporting_period": _reporting_rows(project, as_of_epoch),
    }
    for name, table_rows in rows.items():
        yield name, iter([table_of(name, table_rows)])
    horizons = _horizons(project, as_of_epoch)
    used = [(project.calendars[name], *horizons[name]) for name in sorted(horizons)]
    yield "calendar_piece", (_piece_table(*entry) for entry in used)
    yield "calendar_bucket", (_bucket_table(*entry) for entry in used)
    yield "calendar_day", (_day_table(*entry) for entry in used)
    zones = _zones(project)
    start = _history_start(project, as_of_epoch)
    kinds = {zone: sorted({*zones[zone], *_limit_kinds(project, zone)}) for zone in sorted(zones)}
    yield (
        "period_piece",
        (_period_table(zone, kind, start, as_of_epoch) for zone in kinds for kind in kinds[zone]),
    )
    yield "local_day", (_local_day_table(zone, zones[zone], start, as_of_epoch) for zone in sorted(zones))


# --- registers ------------------------------------------------------------------------------------------------------


def _party_rows(project: ValidProject) -> dict[str, list[Row]]:
    customers = []
    for document in project.of_kind("Customer"):
        spec = cast(Customer, document.spec)
        customers.append((document.name, document.display_name, spec.time_zone, spec.language))
    return {"customer": customers, "team": [(d.name, d.display_name) for d in project.of_kind("Team")]}


def _service_rows(project: ValidProject, as_of_epoch: int) -> dict[str, list[Row]]:
    services, tiers, dependencies, moments = [], [], [], []
    start = _moments_start(project, as_of_epoch)
    for document in project.of_kind("Service"):
        spec = cast(Service, document.spec)
        services.append((document.name, document.display_name, spec.owner, spec.description))
        tiers += [(document.name, tier.name, *_money(tier.price), *_money(tier.cost)) for tier in spec.tiers]
        dependencies += [(document.name, other.service, other.mode) for other in spec.depends_on]
        for moment in spec.moments_of_truth:
            zone = moment.time_zone or project.config.reporting.time_zone
            moments += [
                (document.name, moment.name, zone, *occurrence, round(moment.weight * PPM))
                for occurrence in occurrences(moment, zone, start, as_of_epoch)
            ]
    return {
        "service": services,
        "service_tier": tiers,
        "service_dependency": dependencies,
        "service_failure_set": [
            (name, number, member, len(members))
            for name, sets in failure_sets(project.services).items()
            for number, members in enumerate(sets, start=1)
            for member in members
        ],
        "moment_of_truth": moments,
    }


def _moments_start(project: ValidProject, as_of_epoch: int) -> int:
    """From when on moments of truth are of interest: the project's first period, else its first agreement."""
    first = project.config.reporting.first_period_start
    if first is not None:
        return local_midnight(first, project.config.reporting.time_zone)
    return min((v.valid_from_epoch for v in project.agreements if v.spec.is_measured), default=as_of_epoch)


def _money(money: Money | None) -> Row:
    return (None, None, None) if money is None else (money.amount, money.currency, money.per)


def _agreement_rows(project: ValidProject) -> dict[str, list[Row]]:
    rows: dict[str, list[Row]] = {
        name: []
        for name in ("agreement", "agreement_service", "target", "target_scope", "target_pause", "target_requirement")
    }
    rows["maintenance_window"] = []
    for version in project.agreements:
        spec = version.spec
        rows["agreement"].append(_agreement_row(version, project.config))
        if not spec.covers_all_services:
            rows["agreement_service"] += [
                (*version.key, entry.service, entry.tier, entry.users) for entry in spec.services
            ]
        if spec.policies.maintenance is not None:
            rows["maintenance_window"] += [(*version.key, name) for name in spec.policies.maintenance.windows]
        for target in spec.targets:
            key = (*version.key, target.id)
            scope = target.scope.restrictions()
            objective = _objective(version, target)
            calendar = calendar_id(target)
            hours = _hours_name(project, calendar)
            metric = metric_for(target)
            start = (target.clock.start if target.clock else "ticket.opened") if metric.is_clock else None
            rows["target"].append(
                (
                    *key,
                    target.metric,
                    survey_item(target),
                    objective.op,
                    objective.threshold_seconds,
                    objective.threshold_value,
                    objective.target_ppm,
                    calendar,
                    start,
                    target.objective.per or metric.default_per,
                    len(scope),
                    version.spec.is_measured and version.spec.type in metric.measured_in,
                    " ".join(filter(None, (target.description, target_sentence(target, objective, hours)))),
                )
            )
            rows["target_scope"] += [
                (*key, scope_key, value) for scope_key, values in scope.items() for value in values
            ]
            if target.clock is not None:
                rows["target_pause"] += [(*key, p.status, p.requires is not None) for p in target.clock.pause]
            rows["target_requirement"] += [(*key, requirement) for requirement in target.satisfies]
    return rows


def _objective(version: AgreementVersion, target: Target) -> ReadObjective:
    objective, problems = read_objective(target)
    if objective is None:
        raise ValueError(f"{version.key}: a validated target has an unreadable objective: {problems}")
    return objective


def _hours_name(project: ValidProject, name: str | None) -> str | None:
    """What a sentence calls the calendar; None for one that is always open."""
    if name is None or project.calendars[name].is_always_open():
        return None
    return _calendar_display_name(project, name)


def _calendar_display_name(project: ValidProject, name: str) -> str:
    documents = [document for document in project.of_kind("Calendar") if document.name == name]
    if documents:
        return documents[-1].display_name
    return getattr(project.calendars[name].versions[-1], "display_name", None) or name


def _agreement_row(version: AgreementVersion, config: ProjectConfig) -> Row:
    spec, policies, reporting = version.spec, version.spec.policies, version.spec.reporting
    defaults, weights, limit = config.reporting, policies.downtime_weights, spec.workload_limit
    maintenance = policies.maintenance or Maintenance()
    due, close = reporting.due_working_days, reporting.close_after_working_days
    return (
        *version.key,
        spec.type,
        version.document.display_name,
        spec.provider,
        spec.consumer,
        spec.status,
        spec.is_measured,
        version.valid_from_epoch,
        version.valid_to_epoch,
        version.time_zone,
        _period_type(spec, config),
        defaults.due_working_days if due is None else due,
        defaults.close_after_working_days if close is None else close,
        policies.attribution,
        policies.reopen.mode,
        policies.reopen.window_days,
        policies.priority_change,
        policies.zero_denominator,
        policies.low_volume.min_denominator,
        policies.excluded_time,
        policies.unmeasured,
        policies.min_outage,
        weights.outage,
        weights.partial,
        weights.degraded,
        ",".join(sorted(set(policies.exclude_attributed_to))),
        policies.maintenance is not None,
        maintenance.announced_before,
        maintenance.monthly_allowance,
        ",".join(sorted(maintenance.windows)),
        policies.inherited_downtime,
        policies.no_reply,
        policies.staleness,
        spec.covers_all_services,
        limit.tickets if limit else None,
        limit.per if limit else None,
    )


def _period_type(spec: Agreement, config: ProjectConfig) -> str:
    return spec.reporting.period or config.reporting.period


def _other_rows(project: ValidProject, as_of_epoch: int) -> dict[str, list[Row]]:
    items, decisions, exclusions, reopened, requirements = [], [], [], [], []
    for document in project.of_kind("SurveyInstrument"):
        for item in cast(SurveyInstrument, document.spec).items:
            items.append((document.name, item.id, item.kind, *item.bounds(), item.text))
    for document in project.of_kind("Decision"):
        decision = cast(Decision, document.spec)
        is_in_force = _is_in_force(decision, project, as_of_epoch)
        decisions.append(_decision_row(document.name, decision, project, is_in_force))
        if is_in_force and decision.kind == "reopen_period" and decision.period is not None:
            first_day = period_first_day(decision.period)
            reopened.append((document.name, decision.agreement, decision.target, first_day, decision.reason))
        elif is_in_force and decision.subject is not None:
            interval = decision.interval
            exclusions.append(
                (
                    document.name,
                    decision.kind,
                    decision.agreement,
                    decision.target,
                    decision.subject.ticket,
                    decision.subject.source,
                    decision.subject.cycle,
                    int(interval.from_.timestamp()) if interval else None,
                    int(interval.to.timestamp()) if interval else None,
                    decision.reason,
                )
            )
    for document in project.of_kind("Requirement"):
        spec = cast(Requirement, document.spec)
        requirements.append((document.name, spec.customer, spec.service, spec.statement, spec.metric))
    findings = [(f.severity, f.problem.file, f.problem.document, f.problem.path, _reason(f)) for f in project.findings]
    return {
        "survey_item": items,
        "decision": decisions,
        "decision_exclusion": exclusions,
        "reopened_period": reopened,
        "requirement": requirements,
        "finding": findings,
    }


def _reason(finding: Finding) -> str:
    problem = finding.problem
    return f"{problem.reason}; {problem.remedy}" if problem.remedy else problem.reason


def _decision_row(name: str, decision: Decision, project: ValidProject, is_in_force: bool) -> Row:
    subject, interval, correction = decision.subject, decision.interval, decision.correction
    request = decision.requested_by
    requested_at = request.at if request else None
    return (
        name,
        decision.kind,
        decision.agreement,
        decision.target,
        *((subject.ticket, subject.source, subject.cycle, subject.event) if subject else (None, None, None, None)),
        int(interval.from_.timestamp()) if interval else None,
        int(interval.to.timestamp()) if interval else None,
        correction.field if correction else None,
        int(correction.to.timestamp()) if correction else None,
        decision.period,
        decision.reason,
        "; ".join(_evidence_text(evidence) for evidence in decision.evidence) or None,
        f"{request.role} ({request.side})" if request else None,
        _decision_epoch(decision, requested_at, project) if requested_at else None,
        *(
            ", ".join(actor.role for actor in decision.decided_by if actor.side == side) or None
            for side in ("provider", "consumer")
        ),
        _decision_epoch(decision, decision.decided_at, project) if decision.decided_at else None,
        decision.outcome,
        is_in_force,
    )


def _evidence_text(evidence: Evidence) -> str:
    """Where it can be looked up, in one line: mail msg-8831 (photograph of the meter)."""
    place = " ".join(filter(None, (evidence.source, evidence.id, evidence.url)))
    return f"{place} ({evidence.note})" if evidence.note else place


def _decision_epoch(decision: Decision, value: date, project: ValidProject) -> int:
    """An instant of a decision; a date is the local midnight of its agreement's zone."""
    zones = [version.time_zone for version in project.agreements if version.document.name == decision.agreement]
    return instant_of(value, zones[-1])


def _is_in_force(decision: Decision, project: ValidProject, as_of_epoch: int) -> bool:
    """Whether the decision has an effect on a build that speaks for `as_of`."""
    if decision.outcome != "accepted" or decision.kind == "correct_timestamp" or decision.decided_at is None:
        return False
    return _decision_epoch(decision, decision.decided_at, project) <= as_of_epoch


# --- calendars ------------------------------------------------------------------------------------------------------


def _calendar_rows(project: ValidProject) -> list[Row]:
    return [
        (
            name,
            _calendar_display_name(project, name),
            calendar.versions[-1].time_zone,
            len(calendar.versions),
            calendar.is_always_open(),
            hours_sentence(calendar),
        )
        for name, calendar in project.calendars.items()
    ]


def _horizons(project: ValidProject, as_of_epoch: int) -> dict[str, tuple[int, int]]:
    """(start, end) of each calendar that a measured agreement uses, both UTC midnights."""
    earliest: dict[str, int] = {}
    for version in project.agreements:
        if not version.spec.is_measured:
            continue
        for name in version.calendar_ids():
            earliest[name] = min(earliest.get(name, version.valid_from_epoch), version.valid_from_epoch)
    horizons = {}
    for name, valid_from in earliest.items():
        start = (valid_from - LEAD_SECONDS) // DAY * DAY
        end = -(-(max(as_of_epoch, start) + HORIZON_SECONDS) // DAY) * DAY
        horizons[name] = (start, end)
    return horizons


@dataclass(frozen=True)
class _Pieces:
    """A total cover of [start, end): where each piece begins and ends, its open seconds before, whether it is open."""

    begin: Epochs
    end: Epochs
    open_before: Epochs
    is_open: Epochs


def pieces_of(calendar: VersionedCalendar, start: int, end: int) -> _Pieces:
    """The open and closed pieces of a calendar, cut at UTC midnight."""
    begins, ends = calendar.intervals(start, end)
    midnights = np.arange(start, end + DAY, DAY, dtype=np.int64)
    points = np.unique(np.concatenate([midnights, begins, ends]))
    begin, finish = points[:-1], points[1:]
    if len(begins):
        index = np.searchsorted(begins, begin, side="right") - 1
        is_open = ((index >= 0) & (begin < ends[index])).astype(np.int64)
    else:
        is_open = np.zeros(len(begin), np.int64)
    gained = is_open * (finish - begin)
    return _Pieces(begin, finish, np.cumsum(gained) - gained, is_open)


def _piece_table(calendar: VersionedCalendar, start: int, end: int) -> pa.Table:
    pieces = pieces_of(calendar, start, end)
    return columns_of(
        "calendar_piece",
        {
            "calendar_id": _repeated(calendar.calendar_id, len(pieces.begin)),
            "utc_day": pieces.begin // DAY,
            "piece_from": pieces.begin,
            "piece_to": pieces.end,
            "open_before": pieces.open_before,
            "is_open": pieces.is_open,
        },
    )


def _bucket_table(calendar: VersionedCalendar, start: int, end: int) -> pa.Table:
    """The inverse reading: for each open piece one row per hour of open time that it reaches, both ends included."""
    pieces = pieces_of(calendar, start, end)
    is_open = pieces.is_open == 1
    begin, before = pieces.begin[is_open], pieces.open_before[is_open]
    seconds = pieces.end[is_open] - begin
    first = before // BUCKET_SECONDS
    counts = (before + seconds) // BUCKET_SECONDS - first + 1
    rows = np.repeat(np.arange(len(begin), dtype=np.int64), counts)
    bucket = first[rows] + np.arange(len(rows), dtype=np.int64) - np.repeat(np.cumsum(counts) - counts, counts)
    return columns_of(
        "calendar_bucket",
        {
            "calendar_id": _repeated(calendar.calendar_id, len(rows)),
            "bucket": bucket,
            "piece_from": begin[rows],
            "open_before": before[rows],
            "open_seconds": seconds[rows],
        },
    )


def _day_table(calendar: VersionedCalendar, start: int, end: int) -> pa.Table:
    """Local days that overlap the horizon; the count of open days begins with the first of them."""
    numbers, begins, ends = calendar.days(start, end)
    opened = open_seconds_within(calendar.intervals(int(begins[0]), int(ends[-1])), begins, ends) > 0
    count = np.cumsum(opened)
    rows, utc_day = per_utc_day(begins, ends)
    return columns_of(
        "calendar_day",
        {
            "calendar_id": _repeated(calendar.calendar_id, len(rows)),
            "utc_day": utc_day,
            "date": numbers[rows].astype("datetime64[D]"),
            "day_from": begins[rows],
            "day_to": ends[rows],
            "has_open_time": opened[rows].astype(np.int64),
            "open_day_number": count[rows],
        },
    )


def _repeated(text: str, count: int) -> pa.Array:
    return pa.repeat(pa.scalar(text, pa.string()), count)


# --- periods and local days -----------------------------------------------------------------------------------------


def _reporting_rows(project: ValidProject, as_of_epoch: int) -> list[Row]:
    """The periods of every measured agreement version, from the one it begins in through the one of as_of."""
    rows: list[Row] = []
    first_published = project.config.reporting.first_period_start or date.min
    working: dict[tuple[Any, ...], WorkingDays] = {}
    for version in project.agreements:
        if not version.spec.is_measured or version.valid_from_epoch > as_of_epoch:
            continue
        zone, kind = version.time_zone, _period_type(version.spec, project.config)
        days = _working_days(project, version, as_of_epoch, working)
        row = _agreement_row(version, project.config)
        close_after = row[SCHEMAS["agreement"].get_field_index("close_after_working_days")]
        for start, end in periods_between(version.valid_from_epoch, as_of_epoch, zone, kind):
            end_epoch = local_midnight(end, zone)
            closes = days.close(end, end_epoch, close_after)
            if closes is None:  # the calendar closes for good: Monday to Friday count on
                fallback = weekdays_of(zone, version.valid_from_epoch, end_epoch + CLOSING_SEARCH_SECONDS)
                closes = cast(int, fallback.close(end, end_epoch, close_after))
            rows.append(
                (
                    *version.key,
                    zone,
                    kind,
                    start,
                    end,
                    local_midnight(start, zone),
                    end_epoch,
                    closes,
                    start >= first_published,
                )
            )
    return rows


def _working_days(
    project: ValidProject, version: AgreementVersion, as_of_epoch: int, known: dict[tuple[Any, ...], WorkingDays]
) -> WorkingDays:
    """Working days of an agreement: those of its narrowest calendar, or Monday to Friday of its own zone."""
    names = sorted({name for target in version.spec.targets if (name := calendar_id(target)) is not None})
    start, end = version.valid_from_epoch, as_of_epoch + 366 * DAY + CLOSING_SEARCH_SECONDS
    key = (tuple(names), version.time_zone, start)
    if key not in known:
        candidates = [project.calendars[name] for name in names if not project.calendars[name].is_always_open()]
        if len(candidates) > 1:
            calendar = narrowest(candidates, start, end)
        else:
            calendar = candidates[0] if candidates else None
        known[key] = working_days_of(calendar, start, end) if calendar else weekdays_of(version.time_zone, start, end)
    return known[key]


def _zones(project: ValidProject) -> dict[str, list[str]]:
    """The period types needed in each zone: those of its agreements; in the project's own zone all that are used."""
    kinds: dict[str, set[str]] = defaultdict(set)
    own = project.config.reporting
    kinds[own.time_zone].add(own.period)
    for version in project.agreements:
        kind = _period_type(version.spec, project.config)
        kinds[version.time_zone].add(kind)
        kinds[own.time_zone].add(kind)
    return {zone: sorted(kinds[zone]) for zone in kinds}


def _limit_kinds(project: ValidProject, zone: str) -> set[str]:
    """The periods in which agreements of a zone limit their workload."""
    limits = [version.spec.workload_limit for version in project.agreements if version.time_zone == zone]
    return {limit.per for limit in limits if limit is not None}


def _history_start(project: ValidProject, as_of_epoch: int) -> int:
    """From when on periods and local days are compiled: well before anything that is reported."""
    candidates = [as_of_epoch - PERIOD_HISTORY_SECONDS]
    candidates += [v.valid_from_epoch - PERIOD_LEAD_SECONDS for v in project.agreements if v.spec.is_measured]
    first = project.config.reporting.first_period_start
    if first is not None:
        candidates.append(local_midnight(first, project.config.reporting.time_zone))
    return min(candidates)


def _period_table(zone: str, kind: str, start: int, as_of_epoch: int) -> pa.Table:
    """Periods as far as the calendars go: a clock may be due in a period to come."""
    days, epochs = period_boundaries(start, as_of_epoch + HORIZON_SECONDS, zone, kind)
    numbers = np.array([day_number(day) for day in days], np.int64)
    utc_day, begin, end = cut_at_midnights(epochs)
    period = np.searchsorted(epochs, begin, side="right") - 1
    return columns_of(
        "period_piece",
        {
            "time_zone": _repeated(zone, len(begin)),
            "period_type": _repeated(kind, len(begin)),
            "utc_day": utc_day,
            "from_epoch": begin,
            "to_epoch": end,
            "period_start": numbers[period].astype("datetime64[D]"),
            "period_end": numbers[period + 1].astype("datetime64[D]"),
        },
    )


def _local_day_table(zone: str, kinds: Sequence[str], start: int, as_of_epoch: int) -> pa.Table:
    """Local days from the first period's begin through the end of every kind of period that contains as_of."""
    first = min(int(period_boundaries(start, start, zone, kind)[1][0]) for kind in kinds)
    last = max(local_midnight(period_end_after(as_of_epoch, zone, kind), zone) for kind in kinds)
    numbers, begins, ends = days_between(zone, first, max(as_of_epoch, last - 1))
    rows, utc_day = per_utc_day(begins, ends)
    return columns_of(
        "local_day",
        {
            "time_zone": _repeated(zone, len(rows)),
            "utc_day": utc_day,
            "date": numbers[rows].astype("datetime64[D]"),
            "day_number": numbers[rows],
            "day_from": begins[rows],
            "day_to": ends[rows],
        },
    )

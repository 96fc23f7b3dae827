"""A drawn project after its nightly: what was published of it, beside what the reference says.

Belongs here: building such a project, reading its instances, telling in words where two readings of a ticket differ.
Does not belong here: any rule (`reference.py`), nor what is drawn (`random_project.py`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from tests.conformance.open_hours import Span
from tests.conformance.random_project import AS_OF, RandomProject, instant_text, write_data, write_documents
from tests.conformance.reference import Row
from tests.integration.small_project import Project

INSTANCE = ("ticket_id", "agreement_id", "target_id", "agreement_version", "cycle_number")


@dataclass(frozen=True)
class Built:
    """What was drawn, and the project after its nightly."""

    drawn: RandomProject
    project: Project
    seed: int

    def query(self, text: str) -> list[tuple[Any, ...]]:
        return self.project.query(text.replace("$as_of", f"'{AS_OF.removesuffix('Z')}'"))


def build(folder: Path, drawn: RandomProject, **data: Any) -> Project:
    project = Project(folder / "project", folder / "home")
    write_documents(project.folder, drawn)
    write_data(project.folder, drawn, **data)
    project.nightly(AS_OF).demand_release()
    return project


def published_rows(built: Built) -> Iterator[Row]:
    names = [field.name for field in fields(Row)]
    columns = [f"epoch({name})::bigint" if name.endswith("_at") else name for name in names]
    for values in built.query(f"select {', '.join(columns)} from marts.fct_ticket_sla"):
        yield Row(*values)


@dataclass(frozen=True)
class Segment:
    """One row of fct_sla_clock_segment: the key of its instance, what it was, and the events named at its edges."""

    key: tuple[Any, ...]
    metric: str
    state: str
    span: Span
    on_clock_seconds: int
    opening_event: str | None
    closing_event: str | None


def published_segments(built: Built) -> Iterator[Segment]:
    for *key, metric, state, start, end, on_clock, opening, closing in built.query(
        f"""select {", ".join(INSTANCE)}, metric, state, epoch(segment_start_at)::bigint,
            epoch(segment_end_at)::bigint, on_clock_seconds, opening_event_id, closing_event_id
        from marts.fct_sla_clock_segment
        order by segment_start_at"""
    ):
        yield Segment(tuple(key), metric, state, (start, end), on_clock, opening, closing)


def by_instance(rows: Iterable[Row]) -> dict[tuple[Any, ...], Row]:
    return {tuple(getattr(row, name) for name in INSTANCE): row for row in rows}


def readable(row: Row | None) -> str:
    if row is None:
        return "none"
    values = {
        name: instant_text(value) if name.endswith("_at") and value is not None else value
        for name, value in asdict(row).items()
        if name not in (*INSTANCE, "metric", "ticket_type")
    }
    return ", ".join(f"{name} {value}" for name, value in values.items() if value is not None)


def story(
    drawn: RandomProject,
    ticket_id: str,
    expected: dict[tuple[Any, ...], Row],
    published: dict[tuple[Any, ...], Row],
) -> str:
    """A ticket that differs, as somebody reads it who has to find out why."""
    ticket = next(ticket for ticket in drawn.tickets if ticket.id == ticket_id)
    lines = [
        f"{ticket.id} {ticket.priority} opened {instant_text(ticket.opened)}, "
        f"{ticket.customer}, {ticket.service}, team {ticket.team or 'none'}"
    ]
    concerned = {key[1] for key in expected.keys() | published.keys() if key[0] == ticket_id}
    for agreement in drawn.world(ticket).agreements:
        if agreement.id not in concerned:
            continue
        lines.append(
            f"  {agreement.id} version {agreement.version} from {agreement.valid_from} to {agreement.valid_to}, "
            f"{agreement.consumer}, {agreement.provider}, {agreement.services or '*'}, "
            f"{agreement.zone}, {agreement.period}, attribution {agreement.attribution}, "
            f"reopen {agreement.reopen_mode} {agreement.window_days}, {agreement.priority_change}, {agreement.no_reply}"
        )
        lines += [f"    {target}" for target in agreement.targets]
    lines += [
        f"    excluded {[instant_text(at) for at in found.span or ()] or 'whole clocks'} of {found.agreement}, "
        f"target {found.target or '*'}, cycle {found.cycle or '*'}, {found.outcome}"
        for found in drawn.exclusions.get(ticket_id, [])
    ]
    for event in sorted(ticket.events, key=lambda event: (event.at, event.id)):
        public = "public" if event.is_public else ""
        lines.append(f"    {event.id} {instant_text(event.at)} {event.kind} {event.value} {event.actor} {public}")
    for key in sorted(key for key in expected.keys() | published.keys() if key[0] == ticket_id):
        one, other = expected.get(key), published.get(key)
        lines.append(f"  {'same' if one == other else 'DIFFERS'} {key[1]} {key[2]} cycle {key[4]}")
        if one != other:
            lines += [f"      expected  {readable(one)}", f"      published {readable(other)}"]
    return "\n".join(lines)

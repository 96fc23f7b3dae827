"""Random tickets through the real nightly, every published instance compared with the slow reference.

`SLM_CONFORMANCE_TICKETS` and `SLM_CONFORMANCE_SEED` ask for more tickets, or for others. What differs is printed as a
story: the agreement, the events, and both readings of every clock of the ticket.
"""

import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.random_project import (
    AS_OF,
    RandomProject,
    epoch,
    instant_text,
    random_project,
    with_cases,
    write_data,
    write_documents,
)
from tests.conformance.reference import Row, common, seconds, without
from tests.conformance.worked_cases import worked_project
from tests.integration.small_project import Project

# Read before the tests' clean environment takes them away.
COUNT = int(os.environ.get("SLM_CONFORMANCE_TICKETS", "600"))
SEED = int(os.environ.get("SLM_CONFORMANCE_SEED", "1"))
SHOWN = 5
INSTANCE = ("ticket_id", "agreement_id", "target_id", "cycle_number")
END = "coalesce(stopped_at, $as_of::timestamp)"


@dataclass(frozen=True)
class Built:
    """What was drawn, and the project after its nightly."""

    drawn: RandomProject
    project: Project

    def query(self, text: str) -> list[tuple[Any, ...]]:
        return self.project.query(text.replace("$as_of", f"'{AS_OF.removesuffix('Z')}'"))


def build(folder: Path, drawn: RandomProject, **data: Any) -> Project:
    project = Project(folder / "project", folder / "home")
    write_documents(project.folder, drawn)
    write_data(project.folder, drawn, **data)
    project.nightly(AS_OF).demand_release()
    return project


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, parsed_models: Path) -> Built:
    drawn = with_cases(random_project(SEED, COUNT), worked_project())
    return Built(drawn, build(tmp_path_factory.mktemp("conformance"), drawn))


def published_rows(built: Built) -> Iterator[Row]:
    names = [field.name for field in fields(Row)]
    columns = [f"epoch({name})::bigint" if name.endswith("_at") else name for name in names]
    for values in built.query(f"select {', '.join(columns)} from marts.fct_ticket_sla"):
        yield Row(*values)


def by_instance(rows: Iterator[Row] | list[Row]) -> dict[tuple[Any, ...], Row]:
    return {tuple(getattr(row, name) for name in INSTANCE): row for row in rows}


def readable(row: Row | None) -> str:
    if row is None:
        return "none"
    values = {
        name: instant_text(value) if name.endswith("_at") and value is not None else value
        for name, value in asdict(row).items()
        if name not in (*INSTANCE, "agreement_version", "metric", "ticket_type")
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
    agreement = next(agreement for agreement in drawn.agreements if agreement.customer == ticket.customer)
    lines = [
        f"{ticket.id} {ticket.priority} opened {instant_text(ticket.opened)}, team {ticket.team or 'none'}; "
        f"{agreement.zone}, {agreement.period}, attribution {agreement.attribution}, reopen {agreement.reopen_mode} "
        f"{agreement.window_days}, {agreement.priority_change}"
    ]
    lines += [f"    {target}" for target in agreement.targets]
    lines += [
        f"    excluded {[instant_text(at) for at in found.span]} {found.target or 'every target'}"
        for found in drawn.exclusions.get(ticket_id, [])
    ]
    for event in sorted(ticket.events, key=lambda event: (event.at, event.id)):
        public = "public" if event.is_public else ""
        lines.append(f"    {event.id} {instant_text(event.at)} {event.kind} {event.value} {event.actor} {public}")
    for key in sorted(key for key in expected.keys() | published.keys() if key[0] == ticket_id):
        one, other = expected.get(key), published.get(key)
        lines.append(f"  {'same' if one == other else 'DIFFERS'} {key[2]} cycle {key[3]}")
        if one != other:
            lines += [f"      expected  {readable(one)}", f"      published {readable(other)}"]
    return "\n".join(lines)


def test_every_published_instance_is_that_of_the_reference(built: Built) -> None:
    expected, published = by_instance(built.drawn.expected()), by_instance(published_rows(built))
    differing = {key[0] for key in expected.keys() | published.keys() if expected.get(key) != published.get(key)}
    length = {ticket.id: len(ticket.events) for ticket in built.drawn.tickets}
    simplest = sorted(differing, key=lambda ticket: (length[ticket], ticket))[:SHOWN]
    told = "\n\n".join(story(built.drawn, ticket, expected, published) for ticket in simplest)
    assert not differing, f"{len(differing)} of {len(length)} tickets differ (seed {SEED}); the simplest:\n\n{told}"


def test_the_draw_reaches_every_state_and_policy(built: Built) -> None:
    rows = built.drawn.expected()
    assert {row.state for row in rows} == {"running", "paused", "met", "breached", "superseded", "cancelled"}
    assert {row.metric for row in rows} == {"time_to_first_response", "time_to_resolve", "time_to_close"}
    assert any(row.cycle_number > 1 for row in rows)
    assert any(row.excluded_seconds and row.paused_seconds and row.on_clock_seconds for row in rows)
    assert any(row.state == "met" and row.margin_seconds == 0 for row in rows), "nothing is met at the last second"
    assert any(row.margin_seconds == -1 for row in rows), "nothing is breached by one second"
    agreements = built.drawn.agreements
    assert {agreement.priority_change for agreement in agreements} == {
        "at_clock_start_plus_upgrade",
        "event_time",
        "final_value",
    }


# ------------------------------------------------------------------------------------------------ laws


def test_counted_seconds_fit_into_the_wall_time(built: Built) -> None:
    assert not built.query(
        f"""select ticket_id, target_id, cycle_number from marts.fct_ticket_sla
        where least(on_clock_seconds, paused_seconds, excluded_seconds) < 0
        or on_clock_seconds + paused_seconds + excluded_seconds > epoch({END}) - epoch(started_at)"""
    )


def test_breached_is_more_than_the_threshold_on_the_clock(built: Built) -> None:
    assert not built.query(
        """select ticket_id, target_id, cycle_number from marts.fct_ticket_sla
        where is_breached <> (on_clock_seconds > threshold_seconds)
        or is_breached <> (breached_at is not null)
        or is_breached <> (state = 'breached')"""
    )


def test_segments_tile_their_instance_and_add_up(built: Built) -> None:
    keys = "ticket_key, agreement_id, agreement_version, target_id, cycle_number"
    assert not built.query(
        f"""with segments as (
            select *, lag(segment_end_at) over (partition by {keys} order by segment_start_at) as previous_end_at
            from marts.fct_sla_clock_segment
        ), sums as (
            select {keys}, min(segment_start_at) as from_at, max(segment_end_at) as to_at,
                sum(on_clock_seconds) as on_clock_seconds,
                count(case when segment_start_at <> previous_end_at then 1 end) as hole_count,
                count(case when segment_end_at <= segment_start_at then 1 end) as empty_count,
                count(case when on_clock_seconds > 0 and state <> 'run' then 1 end) as wrong_count
            from segments group by all
        )
        select ticket_id, target_id, cycle_number, started_at, {END} as end_at, sums.*
        from marts.fct_ticket_sla as instances left join sums using ({keys})
        where epoch({END}) > epoch(started_at) and (
            sums.from_at is distinct from started_at or sums.to_at is distinct from {END}
            or sums.on_clock_seconds is distinct from instances.on_clock_seconds
            or hole_count + empty_count + wrong_count > 0
        )"""
    )


def test_paused_and_excluded_seconds_are_those_of_the_segments(built: Built) -> None:
    """Segments of a pause or an exclusion, read against the open hours, hold the seconds of the instance."""
    segments: dict[tuple[Any, ...], dict[str, list[tuple[int, int]]]] = {}
    names = ", ".join(INSTANCE)
    for *key, state, start, end in built.query(
        f"""select {names}, state, epoch(segment_start_at)::bigint, epoch(segment_end_at)::bigint
        from marts.fct_sla_clock_segment where state in ('pause', 'excluded')"""
    ):
        segments.setdefault(tuple(key), {}).setdefault(state, []).append((start, end))
    wrong = []
    for key, row in by_instance(published_rows(built)).items():
        opening = built.drawn.openings[row.calendar_id]
        counted = {
            state: sum(seconds(opening.within(*span)) for span in spans)
            for state, spans in segments.get(key, {}).items()
        }
        if (counted.get("pause", 0), counted.get("excluded", 0)) != (row.paused_seconds, row.excluded_seconds):
            wrong.append((key, counted, readable(row)))
    assert not wrong, wrong[:SHOWN]


def test_due_at_is_the_inverse_reading_of_the_clock(built: Built) -> None:
    """From the start to due_at lie as many open seconds as the threshold has, if nothing ever stood still."""
    calm = [
        row
        for row in published_rows(built)
        if row.due_at is not None and row.stopped_at is None and not row.paused_seconds and not row.excluded_seconds
    ]
    reopened = {key for (key,) in built.query("select ticket_id from marts.fct_ticket where reopen_count > 0")}
    calm = [row for row in calm if row.ticket_id not in reopened]
    assert calm
    for row in calm:
        opening = built.drawn.openings[row.calendar_id]
        assert row.due_at is not None
        assert seconds(opening.within(row.started_at, row.due_at)) == row.threshold_seconds, readable(row)
        # the earliest such instant: the second before it is open
        assert without([(row.due_at - 1, row.due_at)], opening.within(row.due_at - 1, row.due_at)) == [], readable(row)


def test_breaches_begin_in_open_time(built: Built) -> None:
    for row in published_rows(built):
        if row.breached_at is not None and row.breached_at < epoch(AS_OF):
            opening = built.drawn.openings[row.calendar_id]
            span = (row.breached_at, row.breached_at + 1)
            assert common([span], opening.within(*span)) == [span], readable(row)


# ------------------------------------------------------------------------------------------------ how it is delivered


def test_shuffled_split_and_repeated_files_change_no_byte(built: Built, tmp_path: Path) -> None:
    other = build(tmp_path, built.drawn, seed=SEED + 1, parts=3, copies=0.2)
    for table in ("fct_ticket_sla", "fct_sla_clock_segment"):
        one, two = (project.current / "parquet" / f"{table}.parquet" for project in (built.project, other))
        assert one.read_bytes() == two.read_bytes(), table

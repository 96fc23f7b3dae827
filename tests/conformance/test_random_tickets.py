"""Random tickets through the real nightly, every published instance compared with the slow reference.

`SLM_CONFORMANCE_TICKETS` and `SLM_CONFORMANCE_SEED` ask for more tickets, or for others. What differs is printed as a
story: the agreements, the events, and both readings of every clock of the ticket.
"""

from collections import Counter
from dataclasses import replace
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.open_hours import Span, common, seconds, union, without
from tests.conformance.published import (
    Built,
    Segment,
    build,
    by_instance,
    published_rows,
    published_segments,
    readable,
    story,
)
from tests.conformance.random_project import AS_OF, DAY, ZONES, Draw, change_instants, epoch
from tests.conformance.reference import DONE, OPEN, WALKS, Row, Ticket, World, ticket_rows
from tests.conformance.worked_cases import CASES

SHOWN = 5
POLICIES = {
    "attribution": ("decided", "due", "resolved", "created"),
    "reopen_mode": ("resume", "new_cycle", "ignore"),
    "priority_change": ("at_clock_start_plus_upgrade", "event_time", "final_value"),
    "no_reply": ("stops", "breach"),
}
END = "coalesce(stopped_at, $as_of::timestamp)"


def test_every_published_instance_is_that_of_the_reference(built: Built) -> None:
    expected, published = by_instance(built.drawn.expected()), by_instance(published_rows(built))
    differing = {key[0] for key in expected.keys() | published.keys() if expected.get(key) != published.get(key)}
    length = {ticket.id: len(ticket.events) for ticket in built.drawn.tickets}
    simplest = sorted(differing, key=lambda ticket: (length[ticket], ticket))[:SHOWN]
    told = "\n\n".join(story(built.drawn, ticket, expected, published) for ticket in simplest)
    assert not differing, (
        f"{len(differing)} of {len(length)} tickets differ (seed {built.seed}); the simplest:\n\n{told}"
    )


@pytest.fixture(scope="module")
def drawn_rows(built: Built) -> list[Row]:
    """What the reference says of the random tickets alone."""
    worked = {ticket.id for case in CASES for ticket in case.tickets()}
    return [row for row in built.drawn.expected() if row.ticket_id not in worked]


def test_the_draw_reaches_every_state(built: Built, drawn_rows: list[Row]) -> None:
    rows = drawn_rows
    assert {row.metric for row in rows} == set(WALKS)
    ended = {"met", "breached", "superseded", "cancelled", "excluded"}
    assert {row.state for row in rows} == {"running", "paused"} | ended
    for metric in WALKS:
        states = {row.state for row in rows if row.metric == metric}
        assert states >= ended, metric
        assert states & {"running", "paused"}, metric
    assert any(row.cycle_number > 1 for row in rows)
    assert any(row.excluded_seconds and row.paused_seconds and row.on_clock_seconds for row in rows)
    assert any(row.state == "met" and row.margin_seconds == 0 for row in rows), "nothing is met at the last second"
    assert any(row.margin_seconds == -1 for row in rows), "nothing is breached by one second"
    opened = {ticket.id: ticket.opened for ticket in built.drawn.tickets}
    waiting = {(row.metric, row.state) for row in rows if row.started_at < opened[row.ticket_id]}
    inheriting = ("time_to_first_response", "time_to_resolve", "time_to_close")
    assert waiting >= set(product(inheriting, ("met", "breached"))), (
        "hardly a ticket waits since an older one's opening"
    )
    assert any(row.state == "excluded" and row.margin_seconds < 0 for row in rows), "no breach is excluded by decision"


def test_the_draw_has_every_policy_with_every_metric(built: Built, drawn_rows: list[Row]) -> None:
    agreements = {(agreement.id, agreement.version): agreement for agreement in built.drawn.agreements}
    for policy, values in POLICIES.items():
        found = {
            (row.metric, getattr(agreements[row.agreement_id, row.agreement_version], policy)) for row in drawn_rows
        }
        assert found == set(product(WALKS, values)), policy


def test_the_draw_has_clocks_across_the_clock_change_of_every_zone(built: Built, drawn_rows: list[Row]) -> None:
    """Clocks that stopped within twenty days: of a long one an hour more or less is lost among the others."""
    zones = {calendar.name: calendar.zone for calendar in built.drawn.calendars}
    crossed, nights = Counter[str](), Counter[str]()
    for row in drawn_rows:
        if row.stopped_at is None or row.stopped_at - row.started_at > 20 * DAY:
            continue
        zone, opening = zones[row.calendar_id], built.drawn.openings[row.calendar_id]
        for change in change_instants(zone):
            if row.started_at < change < row.stopped_at:
                crossed[zone] += 1
                is_open = seconds(opening.within(change - 1, change + 1)) == 2
                nights[zone] += is_open and not row.calendar_id.endswith("-always")
    changing = {zone for zone in ZONES if change_instants(zone)}
    assert len(changing) >= 12
    assert set(crossed) == changing, crossed
    assert len([zone for zone in changing if nights[zone]]) >= 3, "hardly a night shift has the change within it"


# ------------------------------------------------------------------------------------------------ laws


def test_counted_seconds_fit_into_the_wall_time(built: Built) -> None:
    assert not built.query(
        f"""select ticket_id, target_id, cycle_number from marts.fct_ticket_sla
        where least(on_clock_seconds, paused_seconds, excluded_seconds) < 0
        or on_clock_seconds + paused_seconds + excluded_seconds > epoch({END}) - epoch(started_at)"""
    )


def test_breached_is_more_than_the_threshold_on_the_clock(built: Built) -> None:
    """Unless a decision takes the clock out: it comes before the breach, and leaves no instant of one."""
    assert not built.query(
        """select ticket_id, target_id, cycle_number from marts.fct_ticket_sla
        where is_breached <> (on_clock_seconds > threshold_seconds and state <> 'excluded')
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


def test_segments_read_against_the_open_hours_hold_the_seconds_of_their_instance(built: Built) -> None:
    """Run, pause and excluded: open seconds of the segments. Of max_update_gap only the gap that counts has any."""
    rows = by_instance(published_rows(built))
    counted: dict[tuple[Any, ...], dict[str, int]] = {key: {} for key in rows}
    for segment in published_segments(built):
        open_seconds = seconds(built.drawn.openings[rows[segment.key].calendar_id].within(*segment.span))
        of_instance = counted[segment.key]
        of_instance[segment.state] = of_instance.get(segment.state, 0) + open_seconds
        assert segment.on_clock_seconds == (open_seconds if segment.state == "run" else 0), segment
        assert segment.state != "outside_hours" or not open_seconds, segment
        assert segment.state != "shorter_gap" or segment.metric == "max_update_gap", segment
    for key, row in rows.items():
        found = tuple(counted[key].get(state, 0) for state in ("run", "pause", "excluded"))
        assert found == (row.on_clock_seconds, row.paused_seconds, row.excluded_seconds), (key, found, readable(row))


def test_the_clock_is_additive_over_any_split(built: Built) -> None:
    """What the segments hold up to an instant is what the clock showed then, and the rest is what came after.

    The gap that max_update_gap counts may be another one later; what the clock shows never shrinks.
    """
    draw = Draw(built.seed)
    runs: dict[tuple[Any, ...], list[Span]] = {}
    for segment in published_segments(built):
        if segment.state == "run":
            runs.setdefault(segment.key, []).append(segment.span)
    rows: dict[str, dict[tuple[Any, ...], Row]] = {}
    for key, row in by_instance(published_rows(built)).items():
        rows.setdefault(row.ticket_id, {})[key] = row
    compared = set()
    for ticket in built.drawn.tickets:
        split = draw.randint(min(ticket.opened, epoch(AS_OF)), epoch(AS_OF))
        world = replace(built.drawn.world(ticket), as_of=split)
        shown = by_instance(ticket_rows(world, ticket, built.drawn.exclusions.get(ticket.id, [])))
        for key, row in rows.get(ticket.id, {}).items():
            if key not in shown or shown[key].started_at != row.started_at:
                continue  # under final_value another target may have held then
            if row.metric == "max_update_gap":
                assert shown[key].on_clock_seconds <= row.on_clock_seconds, (readable(row), split)
                continue
            opening = built.drawn.openings[row.calendar_id]
            spans = [span for run in runs.get(key, []) for span in opening.within(*run)]
            before, after = common(spans, [(row.started_at, split)]), common(spans, [(split, epoch(AS_OF))])
            assert seconds(before) == shown[key].on_clock_seconds, (readable(row), split)
            assert seconds(before) + seconds(after) == row.on_clock_seconds, (readable(row), split)
            compared.add(row.metric)
    assert compared == set(WALKS) - {"max_update_gap"}


def test_no_reply_lies_within_the_gap_that_counts(built: Built) -> None:
    replies = {ticket.id: [event.at for event in ticket.events if event.is_reply] for ticket in built.drawn.tickets}
    spans: dict[tuple[Any, ...], list[int]] = {}
    for segment in published_segments(built):
        if segment.metric == "max_update_gap" and segment.state in ("run", "pause", "excluded"):
            spans.setdefault(segment.key, []).extend(segment.span)
    assert spans
    for key, edges in spans.items():
        assert not [at for at in replies[key[0]] if min(edges) < at < max(edges)], key


def test_the_suppliers_clock_runs_only_while_the_ticket_waits_for_it(built: Built) -> None:
    waits = {}
    for ticket in built.drawn.tickets:
        events = [event for event in World(epoch(AS_OF), {}, []).known(ticket) if event.kind == "status"]
        changes = [(ticket.opened, "new"), *((event.at, event.value) for event in events), (epoch(AS_OF), "")]
        waits[ticket.id] = union(
            (since, until) for (since, status), (until, _) in pairwise(changes) if status == "waiting_supplier"
        )
    running = [s for s in published_segments(built) if s.metric == "time_with_supplier" and s.state == "run"]
    assert running
    for segment in running:
        assert common([segment.span], waits[segment.key[0]]) == [segment.span], segment


def test_the_teams_clock_runs_only_while_the_team_has_the_ticket(built: Built) -> None:
    provider = {agreement.id: agreement.provider for agreement in built.drawn.agreements}
    stays: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for ticket in built.drawn.tickets:
        events = [event for event in World(epoch(AS_OF), {}, []).known(ticket) if event.kind == "team"]
        changes = [(ticket.opened, ticket.team), *((event.at, event.value) for event in events), (epoch(AS_OF), "")]
        for (since, team), (until, _) in pairwise(changes):
            stays.setdefault((ticket.id, team), []).append((since, until))
    running = [s for s in published_segments(built) if s.metric == "time_in_team" and s.state == "run"]
    assert running
    for segment in running:
        ticket_id, agreement_id = segment.key[:2]
        stay = union(stays[ticket_id, provider[agreement_id]])
        assert common([segment.span], stay) == [segment.span], segment


def segments_by_instance(built: Built) -> dict[tuple[Any, ...], list[Segment]]:
    found: dict[tuple[Any, ...], list[Segment]] = {}
    for segment in published_segments(built):
        found.setdefault(segment.key, []).append(segment)
    return found


def test_a_named_event_is_of_the_ticket_and_lies_at_its_edge(built: Built) -> None:
    instants = {ticket.id: {event.id: event.at for event in ticket.events} for ticket in built.drawn.tickets}
    named = [
        (segment, event, at)
        for segment in published_segments(built)
        for event, at in zip((segment.opening_event, segment.closing_event), segment.span, strict=True)
        if event is not None
    ]
    assert named
    for segment, event, at in named:
        assert instants[segment.key[0]].get(event) == at, (segment, event)


def changes_of_status(ticket: Ticket) -> dict[int, str]:
    """By instant the event after which the status was another one; of several in one second the last."""
    found, status = {}, "new"
    for event in World(epoch(AS_OF), {}, []).known(ticket):
        if event.kind == "status" and event.value != status:
            found[event.at], status = event.id, event.value
    return found


def last_resolutions(ticket: Ticket) -> dict[int, str]:
    """By instant the event that resolved it; of several in one second, between which it was taken up, the last."""
    found, status = {}, "new"
    for event in World(epoch(AS_OF), {}, []).known(ticket):
        if event.kind == "status":
            if status in OPEN and event.value in DONE:
                found[event.at] = event.id
            status = event.value
    return found


def first_replies(ticket: Ticket) -> dict[int, str]:
    """By instant the reply; of several in one second the first."""
    replies = sorted(((event.at, event.id) for event in ticket.events if event.is_reply), reverse=True)
    return dict(replies)


def first_questions(ticket: Ticket) -> dict[int, str]:
    """By instant the customer's message; of several in one second the first."""
    questions = sorted(((event.at, event.id) for event in ticket.events if event.is_question), reverse=True)
    return dict(questions)


def test_segments_name_what_started_stopped_and_changed_their_clock(built: Built) -> None:
    """At the ends of a clock what the reference saw start and stop it, between them the change of status, or the reply
    that ends a gap between updates; and there is an edge wherever one of these lies."""
    tickets = {ticket.id: ticket for ticket in built.drawn.tickets}
    statuses = {name: changes_of_status(ticket) for name, ticket in tickets.items()}
    replies = {name: first_replies(ticket) for name, ticket in tickets.items()}
    questions = {name: first_questions(ticket) for name, ticket in tickets.items()}
    resolutions = {name: last_resolutions(ticket) for name, ticket in tickets.items()}
    ends = {next(iter(by_instance([row]))): (row, of_row) for row, of_row in built.drawn.expected_ends()}
    reached = set()
    for key, segments in segments_by_instance(built).items():
        row, (started_by, stopped_by) = ends[key]
        changes = statuses[row.ticket_id] | (replies[row.ticket_id] if row.metric == "max_update_gap" else {})
        first, last = segments[0], segments[-1]
        assert (stopped_by is None) == (row.stopped_at is None), readable(row)
        if started_by is None:
            # By the opening; a wait that was set in its second is named, for it has the clock stand still.
            status = statuses[row.ticket_id].get(first.span[0])
            allowed = {"run": {None}, "pause": {status}}.get(first.state, {None, status})
            assert first.opening_event in allowed, (first, readable(row))
        else:
            reached.add((row.metric, "started", started_by.kind))
            # A question that comes in the second of a reopening is named before it, though an earlier one waited, too.
            is_reopened = row.metric == "time_to_next_reply" and started_by.kind == "status"
            question = questions[row.ticket_id].get(first.span[0]) if is_reopened else None
            assert first.opening_event == (question or started_by.id), (first, started_by, readable(row))
        if stopped_by is None:
            assert last.closing_event == changes.get(last.span[1]), (last, readable(row))
        else:
            reached.add((row.metric, "stopped", stopped_by.kind))
            answers = row.metric in ("time_to_first_response", "time_to_next_reply") and stopped_by.kind == "status"
            reply = replies[row.ticket_id].get(last.span[1]) if answers else None
            is_resolved = stopped_by.value in DONE and row.metric != "time_to_close"
            resolution = resolutions[row.ticket_id].get(last.span[1]) if is_resolved else None
            assert last.closing_event == (reply or resolution or stopped_by.id), (last, stopped_by, readable(row))
        for one, other in pairwise(segments):
            assert one.closing_event == other.opening_event == changes.get(one.span[1]), (one, other)
        edges = {at for segment in segments for at in segment.span}
        assert not [at for at in changes if first.span[0] < at < last.span[1] and at not in edges], readable(row)
    kinds = {"status", "message", "team", "priority", "service", "customer"}
    assert {(side, kind) for _, side, kind in reached} == {
        (side, kind) for side in ("started", "stopped") for kind in kinds
    }
    assert {metric for metric, side, kind in reached if (side, kind) == ("stopped", "status")} == set(WALKS)


def test_due_at_is_the_inverse_reading_of_the_clock(built: Built) -> None:
    """From the start to due_at lie as many open seconds as the threshold has, if nothing ever stood still.

    The start is that of the clock; for max_update_gap that of the gap which due_at belongs to, the last reply before
    it, and no gap may have a pause. time_with_supplier stands still whenever the ticket is elsewhere, so its first wait
    is what is looked at.
    """
    replies = {ticket.id: [event.at for event in ticket.events if event.is_reply] for ticket in built.drawn.tickets}
    interrupted = {
        ticket.id
        for ticket in built.drawn.tickets
        if any(event.kind == "status" and event.value not in OPEN for event in ticket.events)
    }
    pausing = {(a.id, a.version, t.id) for a in built.drawn.agreements for t in a.targets if t.pauses}
    calm = [
        (row, row.due_at)
        for row in published_rows(built)
        if row.due_at is not None
        and row.stopped_at is None
        and not row.paused_seconds
        and not row.excluded_seconds
        and not (row.metric == "max_update_gap" and (row.agreement_id, row.agreement_version, row.target_id) in pausing)
        and row.ticket_id not in interrupted
        and row.ticket_id not in built.drawn.exclusions
    ]
    assert {row.metric for row, _ in calm} == set(WALKS)
    for row, due_at in calm:
        start, opening = row.started_at, built.drawn.openings[row.calendar_id]
        if row.metric == "max_update_gap":
            start = max([start, *(at for at in replies[row.ticket_id] if at < due_at and at <= epoch(AS_OF))])
        assert seconds(opening.within(start, due_at)) == row.threshold_seconds, readable(row)
        # the earliest such instant: the second before it is open
        assert without([(due_at - 1, due_at)], opening.within(due_at - 1, due_at)) == [], readable(row)


def test_breaches_begin_in_open_time(built: Built) -> None:
    for row in published_rows(built):
        if row.breached_at is not None and row.breached_at < epoch(AS_OF):
            opening = built.drawn.openings[row.calendar_id]
            span = (row.breached_at, row.breached_at + 1)
            assert common([span], opening.within(*span)) == [span], readable(row)


# ------------------------------------------------------------------------------------------------ how it is delivered


def test_shuffled_split_and_repeated_files_change_no_byte(built: Built, tmp_path: Path) -> None:
    other = build(tmp_path, built.drawn, seed=built.seed + 1, parts=3, copies=0.2)
    for table in ("fct_ticket_sla", "fct_sla_clock_segment"):
        one, two = (project.current / "parquet" / f"{table}.parquet" for project in (built.project, other))
        assert one.read_bytes() == two.read_bytes(), table

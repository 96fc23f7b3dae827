"""The drawn company keeps the rhythms it was given, and the rhythms are those of the public log."""

import os
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from examples.acme import company, rhythms
from examples.acme.desk_time import DAY, LocalClock
from examples.acme.generate import HISTORY_STARTS
from examples.acme.relationship import midnight
from examples.acme.tickets import Clocks, Uniforms, draw_day, picked, poisson

START = midnight(HISTORY_STARTS)


@pytest.fixture(scope="module")
def log() -> pd.DataFrame:
    folder = os.environ.get("SLM_PUBLIC_DATA")
    if not folder:
        pytest.skip("SLM_PUBLIC_DATA does not name the folder of the public data")
    with zipfile.ZipFile(Path(folder) / "servicenow-incidents" / "incident_event_log.zip") as archive:
        rows = pd.read_csv(archive.open(archive.namelist()[0]), dtype=str)
    rows = rows.assign(change=rows["sys_mod_count"].astype(int), row=range(len(rows)))
    return rows.sort_values(["number", "change", "row"])


def test_arrival_shares_are_those_of_the_log(log: pd.DataFrame) -> None:
    opened = pd.to_datetime(log.groupby("number")["opened_at"].first(), format="%d/%m/%Y %H:%M")
    weekday = opened.dt.day_of_week
    shares = weekday.value_counts(normalize=True).sort_index()
    assert np.allclose(shares, rhythms.ARRIVAL_WEEKDAY_SHARES, atol=0.0001)
    for chosen, given in (
        (weekday < 5, rhythms.ARRIVAL_HOUR_SHARES_WEEKDAY),
        (weekday >= 5, rhythms.ARRIVAL_HOUR_SHARES_WEEKEND),
    ):
        hours = opened[chosen].dt.hour.value_counts(normalize=True).sort_index()
        assert np.allclose(hours, given, atol=0.0001)


def test_reassignments_reopenings_and_waits_are_those_of_the_log(log: pd.DataFrame) -> None:
    last = log.groupby("number").last()
    moves = last["reassignment_count"].astype(int).clip(upper=9).value_counts(normalize=True).sort_index()
    assert np.allclose(moves, rhythms.REASSIGNMENT_SHARES, atol=0.0003)
    assert (last["reopen_count"].astype(int) > 0).mean() == pytest.approx(rhythms.REOPEN_SHARE, abs=0.0001)
    waiting = log.loc[log["incident_state"] == "Awaiting User Info", "number"].nunique() / len(last)
    assert waiting == pytest.approx(rhythms.WAITING_CUSTOMER_SHARE, abs=0.0001)


def test_shares_add_up_and_quantiles_rise() -> None:
    for shares in (
        rhythms.ARRIVAL_WEEKDAY_SHARES,
        rhythms.ARRIVAL_HOUR_SHARES_WEEKDAY,
        rhythms.ARRIVAL_HOUR_SHARES_WEEKEND,
        rhythms.REASSIGNMENT_SHARES,
        rhythms.PRIORITY_SHARES,
        rhythms.TICKET_TYPE_SHARES,
        rhythms.CHANNEL_SHARES,
        rhythms.CONTENT_SCORES,
        rhythms.EASY_SCORES,
        rhythms.HARD_SCORES,
        rhythms.PULSE_SCORES,
        tuple(share for _, _, share in company.DEMAND),
    ):
        assert sum(shares) == pytest.approx(1, abs=0.001)
    for table in (
        rhythms.HANDLING_HOURS,
        rhythms.WAITING_CUSTOMER_HOURS,
        rhythms.REOPEN_LAG_HOURS,
        rhythms.CLOSING_DAYS,
    ):
        assert len(table) == len(rhythms.QUANTILES)
        assert list(table) == sorted(table)


def test_drawn_tickets_have_the_measured_shares() -> None:
    """Four weeks of a company fifty times the size."""
    clocks = Clocks.spanning(START, START + 500 * DAY)
    first_monday = START // DAY
    assert (first_monday + 3) % 7 == 0
    days = [draw_day(first_monday + offset, 7, 50, clocks) for offset in range(28)]
    counts = np.array([len(tickets) for tickets, _, _ in days]).reshape(4, 7).sum(axis=0)
    assert np.allclose(counts / counts.sum(), rhythms.ARRIVAL_WEEKDAY_SHARES, atol=0.01)
    hops = np.concatenate([(tickets.hops != -1).sum(axis=1) for tickets, _, _ in days])
    shares = np.bincount(hops, minlength=10) / len(hops)
    assert np.allclose(shares, rhythms.REASSIGNMENT_SHARES, atol=0.01)
    is_resolved = np.concatenate([tickets.resolved != -1 for tickets, _, _ in days])
    is_reopened = np.concatenate([tickets.reopened != -1 for tickets, _, _ in days])
    assert is_reopened.sum() / is_resolved.sum() == pytest.approx(rhythms.REOPEN_SHARE, abs=0.003)
    waits = np.concatenate([work.wait_kinds[:, 0] == company.WAITING_CUSTOMER for _, _, work in days])
    assert waits[is_resolved].mean() == pytest.approx(rhythms.WAITING_CUSTOMER_SHARE, abs=0.01)


def test_a_day_without_tickets_is_drawn() -> None:
    clocks = Clocks.spanning(START, START + 500 * DAY)
    tickets, events, _ = draw_day(START // DAY, 7, 1e-9, clocks)
    assert (len(tickets), len(events)) == (0, 0)


def test_streams_of_different_days_and_purposes_differ() -> None:
    drawn = {Uniforms(7, stream, day).one() for stream in (1, 2) for day in (1, 2)}
    assert len(drawn) == 4


@pytest.mark.parametrize(
    ("mean", "level", "count"), [(2.0, 0.1, 0), (2.0, 0.14, 1), (2.0, 0.677, 3), (10_000.0, 0.5, 10_000)]
)
def test_poisson_counts(mean: float, level: float, count: int) -> None:
    # e^-2 = 0.1353; up to 1: 0.4060; up to 2: 0.6767
    assert poisson(mean, level) == count


def test_picked_follows_the_bounds_of_the_shares() -> None:
    assert picked((0.25, 0.5, 0.25), np.array([0.0, 0.249, 0.25, 0.749, 0.75, 0.999])).tolist() == [0, 0, 1, 1, 2, 2]


# --- desk time --------------------------------------------------------------------------------------------------------


def clock() -> LocalClock:
    return LocalClock("Europe/London", START, START + 400 * DAY)


def at(text: str) -> np.ndarray:
    return np.array([int(pd.Timestamp(text).timestamp())])


def test_local_time_follows_summer_time() -> None:
    before, after = at("2026-03-29T00:59:59Z"), at("2026-03-29T01:00:00Z")
    assert (clock().local(before) - before, clock().local(after) - after) == (0, 3600)
    assert clock().utc(clock().local(after)) == after


def test_work_goes_on_at_the_next_opening() -> None:
    # Friday 17:00 GMT, one hour to closing; two hours of work end on Monday at 09:00 BST.
    assert clock().after_worked(at("2026-03-27T17:00:00Z"), np.array([2 * 3600])) == at("2026-03-30T08:00:00Z")


def test_inside_desk_hours_nothing_moves() -> None:
    noon = at("2026-02-03T12:00:00Z")
    assert clock().snapped(noon, np.array([1800])) == noon


def test_outside_desk_hours_moves_behind_the_next_opening() -> None:
    assert clock().snapped(at("2026-02-07T12:00:00Z"), np.array([1800])) == at("2026-02-09T08:30:00Z")

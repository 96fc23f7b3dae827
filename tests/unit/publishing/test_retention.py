"""Which releases stay by the rule, that the others go whole, and that unchanged files take no room twice."""

import errno
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest

from publishing import release as releases
from publishing.release import publish, read_manifest, remove_unfinished, verify
from publishing.retention import Known, Retention, judge
from tests.unit.publishing.conftest import AS_OF, Desk, figure

NOW = datetime(2026, 6, 30, 2, tzinfo=UTC)
NOTHING = Retention(timedelta(0), 0, 0, 0)


def nightly(first: datetime, nights: int) -> list[Known]:
    """A release a night, each for the midnight before it was written."""
    days = (first + timedelta(days=number) for number in range(nights))
    return [Known(f"{day:%Y-%m-%d}", day, day + timedelta(hours=2)) for day in days]


def kept(known: list[Known], rule: Retention | None, *needed: str) -> dict[str, str | None]:
    verdicts = judge(known, rule, NOW, [("needed", needed)])
    return {verdict.release.release_id: verdict.reason for verdict in verdicts if verdict.reason is not None}


def test_last_of_each_day_month_and_year_stay() -> None:
    known = nightly(datetime(2025, 11, 1, tzinfo=UTC), 242)
    assert known[-1].release_id == "2026-06-30"
    assert kept(known, Retention(timedelta(0), daily=2, monthly=3, yearly=2)) == {
        "2025-12-31": "last of its year",
        "2026-04-30": "last of its month",
        "2026-05-31": "last of its month",
        "2026-06-29": "last of its day",
        "2026-06-30": "new",
    }


def test_of_several_releases_of_a_day_the_one_written_last_stays() -> None:
    day = datetime(2026, 5, 1, tzinfo=UTC)
    again = [Known("first", day, day + timedelta(hours=2)), Known("again", day, day + timedelta(hours=3))]
    assert kept(again, replace(NOTHING, daily=5)) == {"again": "last of its day"}


def test_days_without_a_release_do_not_count() -> None:
    known = [*nightly(datetime(2026, 1, 1, tzinfo=UTC), 2), *nightly(datetime(2026, 5, 1, tzinfo=UTC), 1)]
    assert list(kept(known, replace(NOTHING, daily=2))) == ["2026-01-02", "2026-05-01"]


def test_everything_made_lately_stays_whatever_it_speaks_for() -> None:
    looking_back = Known("old", datetime(2020, 1, 1, tzinfo=UTC), NOW - timedelta(days=30))
    older = Known("older", datetime(2026, 6, 1, tzinfo=UTC), NOW - timedelta(days=30, seconds=1))
    assert kept([looking_back, older], replace(NOTHING, within=timedelta(days=30))) == {"old": "new"}


def test_what_is_needed_stays_whatever_the_rule() -> None:
    known = nightly(datetime(2026, 1, 1, tzinfo=UTC), 3)
    assert kept(known, NOTHING, "2026-01-02") == {"2026-01-02": "needed"}
    assert len(kept(known, None)) == 3


def test_release_that_stays_keeps_the_one_its_ledger_began_with() -> None:
    """That one stays for this alone: it does not keep its own in turn."""
    nights = nightly(datetime(2026, 1, 1, tzinfo=UTC), 4)
    linked = [replace(night, previous=before.release_id) for before, night in pairwise(nights)]
    assert kept([nights[0], *linked], NOTHING, "2026-01-03") == {
        "2026-01-02": "before 2026-01-03",
        "2026-01-03": "needed",
    }


# ------------------------------------------------------------------------------------------------------ in a home


def publish_nights(desk: Desk, nights: int, rule: Retention | None, status: str = "running") -> list[str]:
    """A release a day under the rule; each written on the day it speaks for, with a figure of its own."""
    names = []
    for number in range(nights):
        as_of = AS_OF + timedelta(days=number)
        desk.make_build({"rpt_sla_scorecard": [figure(numerator=1, period_status=status)]})
        made_of = replace(desk.made_of(as_of), built_at=as_of + timedelta(hours=2), retention=rule)
        names.append(publish(desk.home, desk.build, desk.certificate(), made_of).release_id)
    return names


def there(desk: Desk) -> list[str]:
    return sorted(path.name for path in (desk.home / "releases").iterdir())


def test_release_in_force_and_the_one_before_it_always_stay(desk: Desk) -> None:
    names = publish_nights(desk, 3, NOTHING)
    assert there(desk) == names[1:]
    assert desk.current.resolve().name == names[2]
    for name in names[1:]:  # whole, though they share files with the one that is gone
        verify(desk.home / "releases" / name)
    assert desk.in_force("select release_id, is_kept, reason from marts.release_retention order by as_of_at") == [
        (names[0], False, None),
        (names[1], True, f"before {names[2]}"),
        (names[2], True, "this release"),
    ]


def test_release_that_an_edition_names_stays_as_long_as_the_ledger(desk: Desk) -> None:
    names = publish_nights(desk, 4, NOTHING, status="closed")
    assert there(desk) == [names[0], *names[2:]]
    assert desk.in_force("select release_id, edition from marts.figure") == [(names[0], 1)]


def test_release_that_does_not_come_into_force_removes_none(desk: Desk) -> None:
    names = publish_nights(desk, 2, None)
    desk.make_build({"rpt_sla_scorecard": [figure()]})
    made_of = replace(desk.made_of(AS_OF - timedelta(days=9)), built_at=NOW, retention=NOTHING)
    assert publish(desk.home, desk.build, desk.certificate(), made_of).removed == []
    assert set(there(desk)) > set(names)


def test_reader_who_has_a_removed_release_open_goes_on_reading_it(desk: Desk) -> None:
    (first,) = publish_nights(desk, 1, None)
    database = desk.home / "releases" / first / "slm.duckdb"
    with duckdb.connect(str(database), read_only=True) as reader:
        publish_nights(desk, 3, NOTHING)
        assert not database.exists()
        assert reader.execute("select numerator from marts.rpt_sla_scorecard").fetchall() == [(1,)]


def test_removal_killed_half_way_is_finished_by_the_next_run(desk: Desk) -> None:
    names = publish_nights(desk, 2, None)
    half = desk.home / "releases" / names[0]
    half.rename(half.with_name(f".removed-{names[0]}"))
    assert remove_unfinished(desk.home) == [f".removed-{names[0]}"]
    assert there(desk) == names[1:]


# ------------------------------------------------------------------------------------------------ unchanged files


def inodes(directory: Path) -> dict[str, int]:
    return {
        path.relative_to(directory).as_posix(): path.stat().st_ino for path in directory.rglob("*") if path.is_file()
    }


def test_unchanged_files_are_the_same_files_and_changed_ones_are_not(desk: Desk) -> None:
    one, other = (inodes(desk.home / "releases" / name) for name in publish_nights(desk, 2, None))
    shared = {path for path in one if one[path] == other.get(path)}
    assert "parquet/rpt_sla_scorecard.parquet" in shared
    assert "parquet/dim_date.parquet" in shared
    assert shared.isdisjoint({"manifest.json", "slm.duckdb", "parquet/release.parquet", "certificate.json"})
    manifests = [read_manifest(desk.home / "releases" / name)["files"] for name in there(desk)]
    assert shared == {path for path in manifests[0] if manifests[0][path] == manifests[1].get(path)}


def test_file_damaged_since_does_not_spread(desk: Desk) -> None:
    (first,) = publish_nights(desk, 1, None)
    (desk.home / "releases" / first / "parquet" / "dim_date.parquet").write_bytes(b"damaged")
    as_of = AS_OF + timedelta(days=1)
    desk.make_build({"rpt_sla_scorecard": [figure(numerator=1)]})
    release = publish(desk.home, desk.build, desk.certificate(), desk.made_of(as_of))
    verify(release.directory)


def test_file_system_without_hard_links_gets_copies(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def refusing(source: object, target: object) -> None:
        raise OSError(errno.EPERM, "no hard links here")

    monkeypatch.setattr(releases.os, "link", refusing)
    names = publish_nights(desk, 2, None)
    verify(desk.home / "releases" / names[1])
    assert os.stat(desk.home / "releases" / names[1] / "parquet" / "dim_date.parquet").st_nlink == 1

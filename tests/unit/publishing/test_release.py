"""A release holds what was audited, proves its own bytes, and comes into force in one step."""

import hashlib
import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from publishing.errors import PublishRefused, ReleaseDamaged
from publishing.release import current_release, publish, read_manifest, remove_unfinished, verify
from tests.unit.publishing.conftest import AS_OF, Desk, figure


def files_of(directory: Path) -> set[str]:
    return {path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file()}


def test_first_release_comes_into_force(desk: Desk) -> None:
    release = desk.publish(figure(), figure(service="web"))
    assert release.is_current
    assert current_release(desk.home) == release.directory
    assert desk.current.readlink() == Path("..") / "releases" / release.release_id
    assert desk.in_force("select service_id, numerator, denominator from marts.rpt_sla_scorecard order by 1") == [
        ("mail", 2, 3),
        ("web", 2, 3),
    ]


def test_manifest_has_the_hash_of_every_file_but_itself(desk: Desk) -> None:
    release = desk.publish(figure())
    manifest = read_manifest(release.directory)
    assert set(manifest["files"]) == files_of(release.directory) - {"manifest.json"}
    for path, digest in manifest["files"].items():
        assert hashlib.sha256((release.directory / path).read_bytes()).hexdigest() == digest
    made_of = desk.made_of()
    assert manifest["release_id"] == release.release_id
    assert manifest["as_of"] == "2026-04-01T00:00:00Z"
    assert manifest["build_id"] == made_of.build_id
    assert manifest["load_ids"] == ["desk/tickets/000001"]
    assert (manifest["project"], manifest["code_revision"], manifest["lock_hash"]) == ("small", "abc", "def")


def test_release_has_every_published_table_as_parquet_too(desk: Desk, published_models: list[dict[str, Any]]) -> None:
    release = desk.publish(figure())
    named = "select table_name from information_schema.tables where table_schema = 'marts'"
    tables = {name for (name,) in desk.in_force(named)}
    control = {"release", "certificate_check", "figure", "figure_evidence", "restatement", "restatement_evidence"}
    assert tables >= {model["name"] for model in published_models} | control
    assert "int_x" not in tables
    assert {path.stem for path in (release.directory / "parquet").glob("*.parquet")} == tables
    for table in tables:
        parquet = release.directory / "parquet" / f"{table}.parquet"
        (differing,) = desk.in_force(f"select count(*) from (from marts.\"{table}\" except all from '{parquet}')")[0]
        assert differing == 0, table


def test_comments_travel_with_tables_and_columns(desk: Desk) -> None:
    desk.publish(figure())
    silent = desk.in_force(
        "select table_name from duckdb_tables() where schema_name = 'marts' and coalesce(comment, '') = ''"
        " union all select table_name || '.' || column_name from duckdb_columns()"
        " where schema_name = 'marts' and coalesce(comment, '') = ''"
    )
    assert silent == []


def test_comment_with_a_quote_survives(desk: Desk) -> None:
    desk.make_build({})
    with duckdb.connect(str(desk.build)) as connection:
        connection.execute("comment on table marts.dim_date is 'The customer''s days.'")
    publish(desk.home, desk.build, desk.certificate(), desk.made_of())
    assert desk.in_force("select comment from duckdb_tables() where table_name = 'dim_date'") == [
        ("The customer's days.",)
    ]


def test_old_clients_can_read_the_database(desk: Desk) -> None:
    """DuckDB from 1.0 on: the storage version is what decides."""
    release = desk.publish(figure())
    with duckdb.connect() as connection:
        connection.execute(f"attach '{release.directory / 'slm.duckdb'}' as released (read_only)")
        tags = connection.execute("select tags from duckdb_databases() where database_name = 'released'").fetchone()
    assert tags is not None
    assert tags[0]["storage_version"].startswith("v1.0.0"), tags


def test_same_figures_make_the_same_bytes(desk: Desk, tmp_path: Path) -> None:
    """Whatever order the build left its rows in."""
    other = desk.elsewhere(tmp_path / "other")
    rows = [figure(service=f"s{number:03d}", numerator=number % 7, denominator=7) for number in range(200)]
    one = desk.publish(*rows, fct_ticket=[{"ticket_key": f"desk:{n}"} for n in range(50)])
    two = other.publish(*reversed(rows), fct_ticket=[{"ticket_key": f"desk:{n}"} for n in reversed(range(50))])
    names = sorted(path.name for path in (one.directory / "parquet").glob("*.parquet"))
    assert names
    different = [
        name
        for name in names
        if (one.directory / "parquet" / name).read_bytes() != (two.directory / "parquet" / name).read_bytes()
    ]
    assert different == []
    # Readers who ask for no order get the same one too.
    services = "select service_id from marts.rpt_sla_scorecard"
    assert desk.in_force(services) == other.in_force(services)


def test_certificate_travels_with_the_release(desk: Desk) -> None:
    release = desk.publish(figure())
    certificate = json.loads((release.directory / "certificate.json").read_text())
    assert certificate["build_id"] == desk.made_of().build_id
    rows = desk.in_force(
        "select build_id, check_id, kind, table_name, is_successful, observed from marts.certificate_check"
    )
    assert rows == [
        (desk.made_of().build_id, "figures_add_up", "expectation", "rpt_sla_scorecard", True, "0 of 2 rows")
    ]
    assert desk.in_force("select release_id, project, build_id, run_id, previous_release_id from marts.release") == [
        (release.release_id, "small", desk.made_of().build_id, "run-1", None)
    ]


def test_report_is_part_of_what_the_manifest_proves(desk: Desk) -> None:
    def write(database: Path, directory: Path) -> None:
        directory.mkdir()
        with duckdb.connect(str(database), read_only=True) as connection:
            (rows,) = connection.execute("select count(*) from marts.rpt_sla_scorecard").fetchone() or (0,)
        (directory / "index.html").write_text(f"{rows} figures")

    release = desk.publish(figure(), write_report=write)
    assert (release.directory / "report" / "index.html").read_text() == "1 figures"
    assert "report/index.html" in read_manifest(release.directory)["files"]


# --------------------------------------------------------------------------------------------------------- damage


def test_changed_missing_and_added_files_are_named(desk: Desk) -> None:
    directory = desk.publish(figure()).directory
    verify(directory)
    (directory / "certificate.json").write_text("{}")
    (directory / "parquet" / "dim_date.parquet").unlink()
    (directory / "extra.txt").write_text("hello")
    with pytest.raises(ReleaseDamaged, match=r"certificate\.json, extra\.txt, parquet/dim_date\.parquet$"):
        verify(directory)


def test_link_that_leads_nowhere_is_an_error_with_a_remedy(desk: Desk) -> None:
    desk.publish(figure())
    os.unlink(desk.current)
    desk.current.symlink_to(Path("..") / "releases" / "gone")
    with pytest.raises(ReleaseDamaged, match=r"is no release\. Point it at one in .*releases"):
        current_release(desk.home)


def test_failing_report_leaves_the_release_in_force(desk: Desk) -> None:
    first = desk.publish(figure())

    def fail(database: Path, directory: Path) -> None:
        raise RuntimeError("no font")

    with pytest.raises(RuntimeError, match="no font"):
        desk.publish(figure(numerator=1), write_report=fail)
    assert current_release(desk.home) == first.directory
    verify(first.directory)


def test_what_a_killed_run_left_is_removed_before_the_next(desk: Desk) -> None:
    (desk.home / "releases" / ".staged-20260401T000000Z-0000").mkdir(parents=True)
    (desk.home / "published").mkdir(parents=True)
    (desk.home / "published" / ".current-20260401T000000Z-0000").symlink_to("../releases/gone")
    release = desk.publish(figure())
    assert [path.name for path in (desk.home / "releases").iterdir()] == [release.release_id]
    assert [path.name for path in (desk.home / "published").iterdir()] == ["current"]


def test_release_that_never_came_into_force_is_removed(desk: Desk) -> None:
    """Killed between the rename and the swap: the release is whole, and nobody ever saw it."""
    first = desk.publish(figure())
    never = desk.publish(figure(numerator=1))
    os.unlink(desk.current)
    desk.current.symlink_to(Path("..") / "releases" / first.release_id)
    (desk.home / "published" / f".current-{never.release_id}").symlink_to(Path("..") / "releases" / never.release_id)
    assert never.release_id in remove_unfinished(desk.home)
    assert [path.name for path in (desk.home / "releases").iterdir()] == [first.release_id]
    assert [path.name for path in (desk.home / "published").iterdir()] == ["current"]


def test_release_in_force_is_never_removed(desk: Desk) -> None:
    release = desk.publish(figure())
    (desk.home / "published" / f".current-{release.release_id}").symlink_to(
        Path("..") / "releases" / release.release_id
    )
    remove_unfinished(desk.home)
    assert current_release(desk.home) == release.directory
    verify(release.directory)


def test_nothing_to_remove_in_a_new_home(tmp_path: Path) -> None:
    assert remove_unfinished(tmp_path) == []


# ------------------------------------------------------------------------------------------------- which is in force


def test_later_release_replaces_the_one_in_force_and_leaves_it_whole(desk: Desk) -> None:
    first = desk.publish(figure())
    second = desk.publish(figure(numerator=3), as_of=AS_OF + timedelta(days=1))
    assert current_release(desk.home) == second.directory
    verify(first.directory)
    assert read_manifest(second.directory)["previous_release_id"] == first.release_id
    assert desk.in_force("select previous_release_id from marts.release") == [(first.release_id,)]


def test_reader_keeps_the_release_that_it_opened(desk: Desk) -> None:
    """BI tools hold files open: the swap must not pull figures from under them."""
    first = desk.publish(figure())
    with duckdb.connect(str(desk.current / "slm.duckdb"), read_only=True) as reader:
        second = desk.publish(figure(numerator=3), as_of=AS_OF + timedelta(days=1))
        assert reader.execute("select release_id from marts.release").fetchall() == [(first.release_id,)]
        assert reader.execute("select numerator from marts.rpt_sla_scorecard").fetchall() == [(2,)]
    assert desk.in_force("select release_id from marts.release") == [(second.release_id,)]


def test_same_instant_replaces(desk: Desk) -> None:
    desk.publish(figure())
    assert desk.publish(figure()).is_current


def test_older_release_is_written_but_does_not_come_into_force(desk: Desk) -> None:
    first = desk.publish(figure())
    ledger = (first.directory / "parquet" / "figure.parquet").read_bytes()
    older = desk.publish(figure(numerator=0), as_of=AS_OF - timedelta(seconds=1))
    assert not older.is_current
    assert older.new_figure_count == 0
    assert current_release(desk.home) == first.directory
    verify(older.directory)
    assert (older.directory / "parquet" / "figure.parquet").read_bytes() == ledger
    with duckdb.connect(str(older.directory / "slm.duckdb"), read_only=True) as connection:
        assert connection.execute("select is_ledgered from marts.release").fetchall() == [(False,)]
        assert connection.execute("select numerator from marts.rpt_sla_scorecard").fetchall() == [(0,)]


def test_older_release_comes_into_force_when_allowed(desk: Desk) -> None:
    desk.publish(figure())
    older = desk.publish(figure(numerator=0), as_of=AS_OF - timedelta(days=1), allow_older=True)
    assert older.is_current
    assert current_release(desk.home) == older.directory
    assert desk.ledger() == [("mail", 0, 3, 2), ("mail", 2, 3, 1)]


def test_after_an_older_release_the_ledger_goes_on_from_the_one_in_force(desk: Desk) -> None:
    desk.publish(figure())
    desk.publish(figure(numerator=0), as_of=AS_OF - timedelta(days=1))
    desk.publish(figure(), as_of=AS_OF + timedelta(days=1))
    assert desk.ledger() == [("mail", 2, 3, 1)]


def test_publishing_the_same_build_twice_is_an_error_that_changes_nothing(desk: Desk) -> None:
    release = desk.publish(figure())
    before = {path: (release.directory / path).read_bytes() for path in files_of(release.directory)}
    with pytest.raises(PublishRefused, match="exists: a build is published once"):
        publish(desk.home, desk.build, desk.certificate(), desk.made_of())
    assert {path: (release.directory / path).read_bytes() for path in files_of(release.directory)} == before
    assert current_release(desk.home) == release.directory


# ----------------------------------------------------------------------------------------------------------- BI tools


def test_locked_connection_reads_the_release_and_nothing_else(desk: Desk, tmp_path: Path) -> None:
    """The settings that docs/bi.md gives to tools whose users write queries."""
    desk.publish(figure())
    settings = {"access_mode": "read_only", "enable_external_access": "false", "lock_configuration": "true"}
    outside = tmp_path / "outside.csv"
    outside.write_text("a\n1\n")
    with duckdb.connect(str(desk.current / "slm.duckdb"), config=settings) as connection:
        assert connection.execute("select numerator from marts.rpt_sla_scorecard").fetchall() == [(2,)]
        for statement in (
            f"select * from '{outside}'",
            f"copy marts.release to '{tmp_path / 'out.csv'}'",
            "set enable_external_access = true",
            "delete from marts.figure",
        ):
            with pytest.raises(duckdb.Error):
                connection.execute(statement)

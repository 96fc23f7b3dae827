"""Fingerprints change with any value of any published table, and with nothing else."""

import itertools
from pathlib import Path

import duckdb
import pytest

from publishing.build import Fingerprint, fingerprints, open_read_only, published_tables

ROWS = "values (1, 'a', null), (2, 'b', 0.5), (3, null, 0.0)"


def prints(path: Path, rows: str, order: str = "", columns: str = "id, word, share") -> Fingerprint:
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            f"create schema marts; create table marts.t as select {columns} from ({rows}) as t(id, word, share) {order}"
        )
    connection = open_read_only(path)
    try:
        return fingerprints(connection)["t"]
    finally:
        connection.close()


@pytest.mark.parametrize("order", ["order by id desc", "order by word", "order by share nulls first"])
def test_order_of_rows_does_not_matter(tmp_path: Path, order: str) -> None:
    assert prints(tmp_path / "x.duckdb", ROWS, order) == prints(tmp_path / "x.duckdb", ROWS)


@pytest.mark.parametrize(
    "rows",
    [
        "values (1, 'a', null), (2, 'b', 0.5), (3, null, 0.1)",
        "values (1, 'a', null), (2, 'b', 0.5), (3, '', 0.0)",
        "values (1, 'a', 0.0), (2, 'b', 0.5), (3, null, null)",
        "values (1, 'b', null), (2, 'a', 0.5), (3, null, 0.0)",
        "values (1, 'a', null), (2, 'b', 0.5)",
        "values (1, 'a', null), (2, 'b', 0.5), (3, null, 0.0), (3, null, 0.0)",
        "values (1, 'a', null), (1, 'a', null), (2, 'b', 0.5)",
        "values (1, 'a', null), (2, 'b', 0.5), (2, 'b', 0.5)",
    ],
)
def test_any_other_value_gives_another_fingerprint(tmp_path: Path, rows: str) -> None:
    assert prints(tmp_path / "x.duckdb", rows) != prints(tmp_path / "x.duckdb", ROWS)


def test_pairs_of_equal_rows_do_not_cancel_out(tmp_path: Path) -> None:
    doubled = {
        prints(tmp_path / "x.duckdb", f"values ({a}, 'a', 0.5), ({a}, 'a', 0.5), ({b}, 'b', 0.5)").digest
        for a, b in itertools.permutations(range(4), 2)
    }
    assert len(doubled) == 12


def test_table_without_rows_has_a_fingerprint(tmp_path: Path) -> None:
    assert prints(tmp_path / "x.duckdb", f"select * from ({ROWS}) where false").row_count == 0


def test_only_tables_of_the_published_schema_count(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "x.duckdb")) as connection:
        connection.execute(
            "create schema marts; create schema other; create table marts.b (i int); create table marts.a (i int);"
            " create table other.c (i int); create view marts.v as select 1 as i"
        )
        assert published_tables(connection) == ["a", "b"]


def test_build_is_opened_for_reading_only(tmp_path: Path) -> None:
    duckdb.connect(str(tmp_path / "x.duckdb")).close()
    connection = open_read_only(tmp_path / "x.duckdb")
    try:
        with pytest.raises(duckdb.InvalidInputException, match="read-only"):
            connection.execute("create table t (i int)")
    finally:
        connection.close()

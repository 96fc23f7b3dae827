"""The fast way through a CSV file yields what the careful one yields, line by line, or yields to it."""

import csv
import io
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ingestion.errors import FileProblem
from ingestion.readers import FastPathFailed, connect, open_parts
from tests.integration.small_project import ROOT

# No lone carriage return: outside quotes it is a line end to some and a character to others.
cells = st.text(alphabet=st.sampled_from('ab"\n, ;é\t'), max_size=6)
tables = st.lists(st.lists(cells, min_size=3, max_size=3), max_size=8)


def rows_of(batches: list[pa.RecordBatch]) -> list[dict[str, object]]:
    return [row for batch in batches for row in batch.to_pylist()]


def read(folder: Path, content: bytes, is_fast: bool) -> list[dict[str, object]]:
    path = folder / "table.csv"
    path.write_bytes(content)
    (part,) = open_parts(path, "table.csv", folder / "scratch", ",")
    with connect(folder / "database") as con:
        return rows_of(list(part.batches(con, is_fast)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("readers")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tables, st.sampled_from(["\n", "\r\n"]), st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
@example([["a", "b\nc", "d"], ["", "", ""]], "\n", csv.QUOTE_MINIMAL)
@example([["a", "b\rc", "d"], ["", "", ""]], "\n", csv.QUOTE_ALL)
def test_fast_and_careful_agree_or_the_fast_one_says_so(
    folder: Path, table: list[list[str]], end: str, quoting: int
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator=end, quoting=quoting)
    writer.writerow(["x", "y", "z"])
    writer.writerows(table)
    content = text.getvalue().encode()
    try:
        careful = read(folder, content, is_fast=False)
    except FileProblem:
        careful = None
    try:
        fast = read(folder, content, is_fast=True)
    except FastPathFailed:
        return
    assert careful is not None
    plain = [
        {name: value.strip(" ") if isinstance(value, str) else value for name, value in row.items()} for row in fast
    ]
    same = [
        {name: value.strip(" ") if isinstance(value, str) else value for name, value in row.items()} for row in careful
    ]
    assert plain == same


@pytest.mark.parametrize(
    "content",
    [
        b"x,y\n1,2\n\n3,4\n",  # a blank line: fewer records than lines
        b"x,y\n1\n3,4\n",
        b"x,y\n1,2,3\n3,4\n",
        b'x,y\n1,"2\n3,4\n',
        b"x,y\r1,2\r3,4\r",
    ],
)
def test_fast_way_gives_up_where_lines_do_not_add_up(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(FastPathFailed):
        read(tmp_path, content, is_fast=True)


def test_fast_way_is_taken_for_a_clean_file(tmp_path: Path) -> None:
    rows = read(tmp_path, b'x,y\n1,"a\nb"\n3,4\n', is_fast=True)
    assert [(row["x"], row["y"], row["_line"]) for row in rows] == [("1", "a\nb", 2), ("3", "4", 4)]


def test_lines_are_right_beyond_one_batch(tmp_path: Path) -> None:
    content = "x,y\n" + "".join(f'{n},"a\nb"\n' for n in range(100_000))
    rows = read(tmp_path, content.encode(), is_fast=True)
    assert (len(rows), rows[-1]["x"], rows[-1]["_line"]) == (100_000, "99999", 200_000)


def test_cursors_are_in_utc_wherever_the_machine_is(tmp_path: Path) -> None:
    program = """
import sys
from pathlib import Path
from ingestion.readers import connect
with connect(Path(sys.argv[1])) as con:
    for session in (con, con.cursor()):
        print(session.execute("select epoch(timestamptz '2026-01-01 00:00:00')").fetchall())
"""
    environment = {**os.environ, "TZ": "America/New_York"}
    said = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert said.stdout.split("\n") == ["[(1767225600.0,)]"] * 2 + [""], said.stderr

"""Readers of the file in force, each a process that opens `published/current` anew each time, through publications.

A process each: within one, DuckDB shares a file that is open already, and nobody would see a swap.
"""

import json
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.unit.publishing.conftest import AS_OF, Desk, figure

# Three tables, a statement each: the instant, a report and the ledger, which all say the number of the night.
READER = """
import json, os, signal, sys, time
import duckdb
path, pause = sys.argv[1], float(sys.argv[2])
found = {"answers": {}, "errors": []}
def end(*_):
    print(json.dumps(found), flush=True)
    os._exit(0)  # an exit that is raised may be lost in a callback
signal.signal(signal.SIGTERM, end)
print("reading", flush=True)
config = {"access_mode": "read_only", "enable_external_access": "false", "lock_configuration": "true"}
while True:
    try:
        with duckdb.connect(path, config=config) as release:
            said = [release.execute(query).fetchone()[0] for query in (
                "select cast(as_of_at as date) - date '2026-04-01' from marts.release",
                "select numerator from marts.rpt_sla_scorecard",
                "select numerator from marts.figure order by sequence_number desc limit 1",
            )]
        found["answers"][str(said)] = found["answers"].get(str(said), 0) + 1
    except Exception as error:
        found["errors"].append(repr(error))
    time.sleep(pause)
"""


def started(path: Path, pause: float) -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, "-c", READER, path, str(pause)], stdout=subprocess.PIPE, text=True)


def test_readers_of_the_file_see_one_release_or_the_other_through_many_publications(
    desk: Desk, request: pytest.FixtureRequest
) -> None:
    desk.publish(figure(0, 999))
    count, publications = (request.config.getoption(name) for name in ("--readers", "--publications"))
    # However many read, about 20 files are opened a second: the publisher is to get on, too.
    readers = [started(desk.current / "slm.duckdb", count / 20) for _ in range(count)]
    try:
        for reader in readers:
            assert reader.stdout is not None
            assert reader.stdout.readline() == "reading\n"
        for night in range(1, publications + 1):
            desk.publish(figure(night, 999), as_of=AS_OF + timedelta(days=night))
    finally:
        for reader in readers:
            reader.terminate()
        # The last line: a query that is kept waiting may draw a progress bar before it.
        found: list[dict[str, Any]] = [json.loads(reader.communicate()[0].splitlines()[-1]) for reader in readers]
    assert [error for of_reader in found for error in of_reader["errors"]] == []
    answers: Counter[str] = sum((Counter(of_reader["answers"]) for of_reader in found), Counter())
    assert set(answers) <= {str([night] * 3) for night in range(publications + 1)}
    assert len(answers) > 1
    print(f"{count} readers of the file, {publications} publications, {answers.total():,} answers")

"""What the ticket clock costs at several sizes, against the least that any answer costs on the same machine.

The floor is DuckDB reading every column of the input and writing a table of the output's size. Beside it the same
metrics for the same tickets by vectorised numpy (`clock_numpy`), which covers only the tickets whose clocks need no
order of events.
"""

import math
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import duckdb

from benchmarks.desk import AS_OF
from benchmarks.measure import Cost, in_turn, machine, run
from benchmarks.models import DATABASE, compile_models, connect, save
from orchestration.layout import ROOT

# Enough for the sorts of a million tickets with a process of 500 MB; ten million are to fit into 2 GB.
MEMORY_LIMITS = {100_000: "350MB", 1_000_000: "350MB", 10_000_000: "2GB"}
RUNS = {100_000: 3, 1_000_000: 3, 10_000_000: 1}
FEEDS = ("tickets", "ticket_events")


@dataclass(frozen=True)
class Costs:
    """What one size cost."""

    tickets: int
    floor: Cost
    models: Cost
    by_numpy: Cost
    reading_nanoseconds: float
    agreed_count: int  # clocks that numpy computes too, all of them alike


def clock_against_floor(sizes: list[int]) -> None:
    """Print the table of all sizes, and how the costs grow between the first and the last."""
    measured = [_measure(size) for size in sizes]
    print(f"The ticket clock from Parquet to fct_ticket_sla, whole processes, medians in turn ({machine()})\n")
    print(
        "| tickets | floor wall s | models wall s | **ratio** | floor CPU s | models CPU s | ratio | peak MB |"
        " numpy wall s | ns a reading |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for costs in measured:
        print(
            f"| {costs.tickets:,} | {costs.floor.wall_seconds:.1f} | {costs.models.wall_seconds:.1f} |"
            f" **{costs.models.wall_seconds / costs.floor.wall_seconds:.2f}** | {costs.floor.cpu_seconds:.1f} |"
            f" {costs.models.cpu_seconds:.1f} | {costs.models.cpu_seconds / costs.floor.cpu_seconds:.2f} |"
            f" {costs.models.peak_bytes / 1e6:.0f} | {costs.by_numpy.wall_seconds:.1f} |"
            f" {costs.reading_nanoseconds:.0f} |"
        )
    agreed = ", ".join(f"{costs.agreed_count:,} clocks of {costs.tickets:,} tickets" for costs in measured)
    print(f"\nnumpy and the models agree on every clock that needs no order of events: {agreed}")
    for first, last in pairwise(measured):
        print(
            f"growth exponent from {first.tickets:,} to {last.tickets:,} tickets:"
            f" CPU {_growth(first, last, lambda costs: costs.models.cpu_seconds):.2f},"
            f" wall {_growth(first, last, lambda costs: costs.models.wall_seconds):.2f},"
            f" floor's CPU {_growth(first, last, lambda costs: costs.floor.cpu_seconds):.2f}"
        )


def _growth(first: Costs, last: Costs, figure: Callable[[Costs], float]) -> float:
    """The power of the number of tickets with which a figure grows."""
    return math.log(figure(last) / figure(first)) / math.log(last.tickets / first.tickets)


def _measure(tickets: int) -> Costs:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        warehouse = home / "warehouse"
        _python("benchmarks.desk", home, Path(folder) / "project", tickets)
        models = Path(folder) / "models.json"
        save(compile_models(warehouse, AS_OF, ["+fct_ticket_sla"], Path(folder) / "target"), models)
        limit = MEMORY_LIMITS.get(tickets, "2GB")
        output = Path(folder) / "output.parquet"

        def run_models() -> Cost:
            return _python("benchmarks.models", models, warehouse / DATABASE, limit)

        def run_floor() -> Cost:
            return _python("benchmarks.clock", "floor", warehouse, output, Path(folder) / "floor.duckdb", limit)

        run_models()  # the floor writes what the models made
        reading = Path(folder) / "reading"
        _python("benchmarks.clock", "prepare", warehouse / DATABASE, output, reading)
        agreed = Path(folder) / "agreed"
        _python("benchmarks.clock_numpy", warehouse, agreed)
        floor, by_models, by_numpy = in_turn(
            RUNS.get(tickets, 1),
            run_floor,
            run_models,
            lambda: _python("benchmarks.clock_numpy", warehouse),
        )
        nanoseconds, count = (path.read_text(encoding="utf-8") for path in (reading, agreed))
        return Costs(tickets, floor, by_models, by_numpy, float(nanoseconds), int(count))


def _python(*arguments: object) -> Cost:
    return run([sys.executable, "-m", *(str(argument) for argument in arguments)], os.environ, ROOT)


def _floor(warehouse: Path, output: Path, database: Path, memory_limit: str) -> None:
    """Read every column of the feeds, write a table as large as the result."""
    database.unlink(missing_ok=True)
    with connect(database, memory_limit) as connection:
        for feed in FEEDS:
            relation = connection.sql(f"select * from read_parquet('{warehouse}/feeds/{feed}/*.parquet')")
            maxima = ", ".join(f"max({column})" for column in relation.columns)
            connection.execute(f"select {maxima} from read_parquet('{warehouse}/feeds/{feed}/*.parquet')").fetchall()
        connection.execute(f"create table output as select * from read_parquet('{output}')")


def _prepare(database: Path, output: Path, reading: Path) -> None:
    """Write what the models made as Parquet, and what one reading of a calendar costs as text."""
    with connect(database, None) as connection:
        connection.execute(f"copy marts.fct_ticket_sla to '{output}' (format parquet)")
        reading.write_text(str(_nanoseconds_a_reading(connection)), encoding="utf-8")


def _nanoseconds_a_reading(connection: duckdb.DuckDBPyConnection) -> float:
    """CPU time of one reading of the calendar, in bulk: with the join to its pieces less without it."""
    clocks = "(select calendar_number, started_at as moment from intermediate.int_sla_lives)"
    joined = f"""
        select sum(pieces.open_before + pieces.is_open * (clocks.moment - pieces.piece_from))
        from {clocks} as clocks
        inner join intermediate.int_calendar_pieces as pieces
            on clocks.calendar_number = pieces.calendar_number
            and cast(clocks.moment // 86400 as integer) = pieces.utc_day
            and clocks.moment >= pieces.piece_from and clocks.moment < pieces.piece_to
    """
    plain = f"select sum(clocks.moment + clocks.calendar_number) from {clocks} as clocks"
    count = connection.execute(f"select count(*) from {clocks}").fetchone()
    seconds = _cpu_seconds(connection, joined) - _cpu_seconds(connection, plain)
    return seconds * 1e9 / (count[0] if count else 1)


def _cpu_seconds(connection: duckdb.DuckDBPyConnection, query: str) -> float:
    """The median of five runs, all threads together."""
    costs = []
    for _ in range(5):
        before = os.times()
        connection.execute(query).fetchall()
        after = os.times()
        costs.append(after.user + after.system - before.user - before.system)
    return sorted(costs)[2]


if __name__ == "__main__":
    if sys.argv[1] == "floor":
        _floor(Path(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4]), sys.argv[5])
    else:
        _prepare(Path(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4]))

"""First response and resolution by vectorised numpy, for tickets whose clocks need no order of events but the pauses'.

A yardstick for speed, and a third opinion: `python -m benchmarks.clock_numpy WAREHOUSE` computes, and fails if a clock
differs from that of the models. Tickets that change priority or are reopened are left to the models.
"""

import sys
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.desk import AS_OF
from benchmarks.models import DATABASE

Ints = npt.NDArray[np.int64]
END = int(AS_OF.timestamp())


def _feed(warehouse: Path, name: str, columns: list[str]) -> pa.Table:
    (path,) = (warehouse / "feeds" / name).glob("desk.*.parquet")
    return pq.read_table(path, columns=columns)


def _seconds(column: pa.ChunkedArray) -> Ints:
    return np.asarray(column.cast(pa.timestamp("us")).cast(pa.int64())) // 1_000_000


def _is(column: pa.ChunkedArray, value: str) -> npt.NDArray[np.bool_]:
    return np.asarray(pc.fill_null(pc.equal(column, value), False))


class Calendars:
    """The cumulative clocks of all calendars, read by one search: each has a stretch of the keys of its own."""

    def __init__(self, warehouse: Path) -> None:
        table = pq.read_table(warehouse / "agreements" / "calendar_piece.parquet")
        names = table["calendar_id"].combine_chunks().dictionary_encode()
        self.names = names.dictionary.to_pylist()
        number = np.asarray(names.indices).astype(np.int64)
        start = np.asarray(table["piece_from"])
        order = np.lexsort((start, number))
        self.key = (number << 40) + start
        self.key, self.start = self.key[order], start[order]
        self.open_before = np.asarray(table["open_before"])[order]
        self.is_open = np.asarray(table["is_open"]).astype(np.int64)[order]

    def read(self, calendar: Ints, instant: Ints) -> Ints:
        """Open seconds before each instant."""
        piece = np.searchsorted(self.key, (calendar << 40) + instant, side="right") - 1
        result: Ints = self.open_before[piece] + self.is_open[piece] * (instant - self.start[piece])
        return result


def clocks(warehouse: Path) -> dict[str, Any]:
    """Ticket ids, which of them are covered, and the on-clock seconds of both metrics (one entry per ticket)."""
    tickets = _feed(warehouse, "tickets", ["ticket_id", "customer_id", "opened_at"])
    events = _feed(warehouse, "ticket_events", ["ticket_id", "occurred_at", "event_type", "value", "actor_role"])
    count = len(tickets)
    ids = tickets["ticket_id"].combine_chunks()
    row = np.asarray(pc.index_in(events["ticket_id"], value_set=ids)).astype(np.int64)
    moment = _seconds(events["occurred_at"])
    opened = _seconds(tickets["opened_at"])
    calendars = Calendars(warehouse)
    offices = pc.replace_substring(tickets["customer_id"], "customer", "office").combine_chunks()
    calendar = np.asarray(pc.index_in(offices, value_set=pa.array(calendars.names))).astype(np.int64)

    is_status, is_priority = _is(events["event_type"], "status"), _is(events["event_type"], "priority")
    is_reply = _is(events["event_type"], "message") & _is(events["actor_role"], "agent")
    is_done = is_status & (_is(events["value"], "resolved") | _is(events["value"], "closed"))
    is_open = is_status & ~is_done

    def least(mask: npt.NDArray[np.bool_]) -> Ints:
        found = np.full(count, np.iinfo(np.int64).max)
        np.minimum.at(found, row[mask], moment[mask])
        return found

    last_open = np.full(count, -1, np.int64)
    np.maximum.at(last_open, row[is_open], moment[is_open])
    resolved, replied = least(is_done), least(is_reply)
    changed = np.zeros(count, np.bool_)
    changed[row[is_priority]] = True
    covered = ~changed & (last_open < resolved)

    # Pauses: from a status that pauses to the next status of the ticket.
    order = np.lexsort((moment[is_status], row[is_status]))
    ticket, at = row[is_status][order], moment[is_status][order]
    pauses = _is(events["value"], "waiting_customer")[is_status][order]
    ends = np.full(len(at), END, np.int64)
    same = ticket[1:] == ticket[:-1]
    ends[:-1][same] = at[1:][same]
    paused_ticket, paused_from, paused_to = ticket[pauses], at[pauses], ends[pauses]

    def on_clock(stop: Ints) -> Ints:
        stop = np.minimum(stop, END)
        total = calendars.read(calendar, stop) - calendars.read(calendar, opened)
        begin = np.minimum(paused_from, stop[paused_ticket])
        end = np.minimum(paused_to, stop[paused_ticket])
        off = calendars.read(calendar[paused_ticket], end) - calendars.read(calendar[paused_ticket], begin)
        np.subtract.at(total, paused_ticket, off)
        return total

    return {
        "ids": ids,
        "covered": covered,
        "time_to_first_response": on_clock(np.minimum(replied, resolved)),
        "time_to_resolve": on_clock(resolved),
    }


def main() -> int:
    """Compute; with the path of a file compare with the models' table too and write there how many clocks agree.

    Returns 1 if a covered clock differs, or none is covered.
    """
    warehouse = Path(sys.argv[1])
    found = clocks(warehouse)
    if len(sys.argv) == 2:
        return 0
    mine = pa.table({name: found[name] for name in ("ids", "covered", "time_to_first_response", "time_to_resolve")})
    with duckdb.connect(str(warehouse / DATABASE), read_only=True) as connection:
        connection.register("mine", mine)
        compared, differing = connection.execute(
            """
            select
                count(*),
                count(*) filter (
                    on_clock_seconds
                    <> case metric when 'time_to_resolve' then time_to_resolve else time_to_first_response end
                )
            from marts.fct_ticket_sla inner join mine on ticket_id = ids
            where covered
            """
        ).fetchone() or (0, 0)
    print(f"numpy and the models agree on {compared - differing:,} of {compared:,} clocks")
    Path(sys.argv[2]).write_text(str(compared), encoding="utf-8")
    return 1 if differing or not compared else 0


if __name__ == "__main__":
    sys.exit(main())

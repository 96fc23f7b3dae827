"""Print every benchmark's table. Ratios compare commands measured in turn in the same run, on the same machine."""

import os
import sys

from benchmarks.availability import availability_at_size
from benchmarks.clock import clock_against_floor
from benchmarks.connectors import pull_against_reading
from benchmarks.nightly import nightly_against_dbt_build
from benchmarks.publication import publication_against_writing

TICKETS = [100_000, 1_000_000]
UNITS = {"k": 1_000, "M": 1_000_000}


def main() -> int:
    """Run the benchmarks; returns the exit status. SIZE=10M adds a run of the clock with so many tickets."""
    size = os.environ.get("SIZE", "")
    more = [int(size[:-1]) * UNITS[size[-1]]] if size[-1:] in UNITS and size[:-1].isdigit() else []
    nightly_against_dbt_build()
    print()
    publication_against_writing()
    print()
    clock_against_floor(sorted({*TICKETS, *more}))
    print()
    availability_at_size()
    print()
    pull_against_reading()
    return 0


if __name__ == "__main__":
    sys.exit(main())

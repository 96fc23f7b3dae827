"""Print every benchmark's table. Ratios compare commands measured in turn in the same run, on the same machine."""

import sys

from benchmarks.connectors import pull_against_reading
from benchmarks.nightly import nightly_against_dbt_build


def main() -> int:
    """Run the benchmarks; returns the exit status."""
    nightly_against_dbt_build()
    pull_against_reading()
    return 0


if __name__ == "__main__":
    sys.exit(main())

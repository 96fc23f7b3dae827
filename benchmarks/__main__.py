"""Print every benchmark's table. Ratios compare commands measured in turn in the same run, on the same machine."""

import sys

from benchmarks.availability import availability_at_size
from benchmarks.nightly import nightly_against_dbt_build


def main() -> int:
    """Run the benchmarks; returns the exit status."""
    nightly_against_dbt_build()
    print()
    availability_at_size()
    return 0


if __name__ == "__main__":
    sys.exit(main())

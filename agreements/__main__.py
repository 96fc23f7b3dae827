"""`python -m agreements PROJECT_DIR [OUT_DIR] [--as-of INSTANT]`: validate a project's agreements, and compile them.

Belongs here: the command line.
Does not belong here: anything it calls. Without OUT_DIR nothing is written. Exit code 1 and all errors if any.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from agreements.compile import compile_agreements
from settings.errors import SlmError
from settings.instants import parse_instant
from settings.project import load_project


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m agreements", description="Validate and compile agreements.")
    parser.add_argument("project_dir", type=Path, help="directory that holds slm.yaml and agreements/")
    parser.add_argument("out_dir", type=Path, nargs="?", help="where the Parquet tables go; without it, only validate")
    parser.add_argument("--as-of", metavar="INSTANT", help="ISO 8601 with offset or Z; now if not given")
    parser.add_argument("--findings", action="store_true", help="print every finding, too")
    options = parser.parse_args(arguments)
    try:
        as_of = parse_instant(options.as_of) if options.as_of else datetime.now(UTC)
    except ValueError as error:
        parser.error(f"--as-of: {error}")
    try:
        config = load_project(options.project_dir, os.environ, require_environment=False)
        with tempfile.TemporaryDirectory() as scratch:
            out_dir = options.out_dir or Path(scratch) / "agreements"
            summary = compile_agreements(options.project_dir, config, int(as_of.timestamp()), out_dir)
    except SlmError as error:
        print(error, file=sys.stderr)
        return 1
    if options.findings:
        for finding in summary.findings:
            print(f"{finding.severity}: {finding.problem}")
    print(summary)
    return 0


if __name__ == "__main__":
    sys.exit(main())

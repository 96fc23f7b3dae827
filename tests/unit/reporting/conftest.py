"""Fixtures of the report pack: a release database, and the files written from it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from release_tables import ReleaseTables

from reporting.pack import write_pack
from settings.project import ReportPack


@pytest.fixture
def tables(tmp_path: Path) -> ReleaseTables:
    """An agreement of acme in the time zone of London, without any figure yet."""
    return ReleaseTables(tmp_path / "slm.duckdb")


@pytest.fixture
def written(tables: ReleaseTables, tmp_path: Path) -> Callable[..., dict[str, str]]:
    """Writes the pack of `tables` and returns every file's text by its path in the pack."""

    def write(**settings: Any) -> dict[str, str]:
        directory = tmp_path / "report"
        files = write_pack(tables.write(), directory, ReportPack(**settings))
        return {path.relative_to(directory).as_posix(): path.read_text(encoding="utf-8") for path in files}

    return write

"""Runs in which somebody changes a figure of the build database behind the pipeline's back."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

import duckdb

from orchestration.resources import Build, NightlyRun


def change_build(database: Path, statement: str) -> None:
    """Run one statement on the build database; it must change something."""
    with duckdb.connect(str(database)) as connection:
        (changed,) = connection.execute(statement).fetchone() or (0,)
    assert changed, f"nothing was changed by: {statement}"


class TamperedBeforeAudit(NightlyRun):
    """A run whose build is changed after dbt has left it and before the audit reads it."""

    statement: str

    @contextlib.contextmanager
    def dbt_environment(self) -> Iterator[None]:
        with super().dbt_environment():
            yield
        change_build(self.layout.build_database, self.statement)


class TamperedAfterAudit(NightlyRun):
    """A run whose build is changed once it is certified: the first thing publishing asks for is which build it is."""

    statement: str

    def read_build(self) -> Build:
        build = super().read_build()
        certificate = self.layout.warehouse / "certificate.json"
        if certificate.exists() and json.loads(certificate.read_text())["build_id"] == build.build_id:
            change_build(self.layout.build_database, self.statement)
        return build

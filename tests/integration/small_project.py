"""A project of a handful of tickets, its home, and the nightly on it.

Belongs here: what integration and end-to-end tests share: writing a small project, running the nightly in this process
or in one of its own, reading what was published. Does not belong here: what any test expects.
Dagster is imported only when a nightly runs.
"""

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb
import yaml

ROOT = Path(__file__).resolve().parents[2]
AS_OF = "2026-04-01T00:00:00Z"

TICKET_HEADER = "ticket_id,customer_id,service_id,ticket_type,priority,opened_at"
EVENT_HEADER = "event_id,ticket_id,occurred_at,event_type,value"

PARTIES = """\
apiVersion: slm/v1
kind: Customer
metadata: {name: acme}
spec: {}
---
apiVersion: slm/v1
kind: Service
metadata: {name: mail}
spec: {owner: it}
"""

# Four hours round the clock, every second ticket at least: two of the three decided tickets below are met.
AGREEMENT = """\
apiVersion: slm/v1
kind: Agreement
metadata: {name: sla-mail}
spec:
  type: SLA
  version: 1
  provider: desk
  consumer: acme
  services: [{service: mail}]
  status: in_force
  validity: {from: "2026-03-01", timeZone: Europe/London}
  targets:
    - id: resolve
      metric: time_to_resolve
      calendar: 24x7
      objective: {op: lte, value: PT4H, targetPercent: 50}
"""


def ticket(number: str, opened_at: str = "2026-03-02T10:00:00Z", service: str = "mail") -> str:
    return f"{number},acme,{service},incident,P1,{opened_at}"


def event(number: str, ticket_id: str, occurred_at: str, value: str = "resolved", kind: str = "status") -> str:
    return f"{number},{ticket_id},{occurred_at},{kind},{value}"


TICKETS = (ticket("T1"), ticket("T2"), ticket("T3"), ticket("T4", "2026-03-31T23:00:00Z"))
EVENTS = (
    event("E1", "T1", "2026-03-02T12:00:00Z"),
    event("E2", "T2", "2026-03-02T14:00:00Z"),  # exactly at the threshold: met
    event("E3", "T3", "2026-03-02T14:00:01Z"),  # a second later: breached
)


@dataclass(frozen=True)
class Outcome:
    """What a nightly left on the terminal, and its exit status."""

    status: int
    output: str
    errors: str

    @property
    def last_lines(self) -> str:
        """What a person sees last: everything after the sentence that says nothing was published."""
        return self.errors.strip()

    def demand_release(self) -> "Outcome":
        """This outcome, if a release was published."""
        assert self.status == 0, f"exit status {self.status}\n{self.output}\n{self.errors}"
        return self


@contextlib.contextmanager
def environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Within the block the process environment has these variables too; afterwards it is as it was."""
    with mock.patch.dict(os.environ, variables):
        yield


@dataclass
class Project:
    """A project directory and its home."""

    folder: Path
    home: Path

    # ------------------------------------------------------------------------------------------------ writing

    def write(self, name: str, *lines: str) -> Path:
        return self.write_bytes(name, ("\n".join(lines) + "\n").encode())

    def write_bytes(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def write_settings(self, sources: Sequence[dict[str, Any]] | None = None, **changes: Any) -> None:
        """slm.yaml with one drop-folder source, unless other sources are given."""
        desk = {"name": "desk", "type": "files", "feeds": feeds()}
        content = {
            "apiVersion": "slm/v1",
            "name": "small",
            "reporting": {"timeZone": "Europe/London"},
            "reports": {"periods": 0, "formats": ["html"]},
            "sources": [desk] if sources is None else list(sources),
            **changes,
        }
        self.write("slm.yaml", yaml.safe_dump(content, sort_keys=False))

    def copy(self, folder: Path) -> "Project":
        """An independent copy of project and home below `folder`."""
        shutil.copytree(self.folder, folder / "project", symlinks=True)
        if self.home.exists():
            shutil.copytree(self.home, folder / "home", symlinks=True)
        return Project(folder / "project", folder / "home")

    # ------------------------------------------------------------------------------------------------ running

    def variables(self, as_of: str = AS_OF, **more: str) -> dict[str, str]:
        return {
            "SLM_PROJECT": str(self.folder),
            "SLM_HOME": str(self.home),
            "SLM_AS_OF": as_of,
            "DAGSTER_HOME": str(self.home / "dagster"),
            **more,
        }

    def nightly(self, as_of: str = AS_OF, **more: str) -> Outcome:
        """`make nightly` in this process, which saves the imports of the tools."""
        from orchestration import nightly

        output, errors = io.StringIO(), io.StringIO()
        with (
            environment(self.variables(as_of, **more)),
            contextlib.redirect_stdout(output),
            contextlib.redirect_stderr(errors),
        ):
            status = nightly.main()
        return Outcome(status, output.getvalue(), errors.getvalue())

    def nightly_process(self, *command: str, as_of: str = AS_OF, **more: str) -> Outcome:
        """`make nightly` in a process of its own, where exit status and terminal are the point."""
        done = subprocess.run(
            [sys.executable, *(command or ("-m", "orchestration.nightly"))],
            cwd=ROOT,
            env={**os.environ, **self.variables(as_of, **more)},
            capture_output=True,
            text=True,
            check=False,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    def run_asset(self, asset: str, *, in_run_of_build: bool = False, **more: str) -> list[str]:
        """Materialise this one asset of the nightly job, as the web server lets anyone do; returns why it failed.

        With `in_run_of_build` as a step of the very run that made the build in the warehouse.
        """
        import dagster as dg

        return self._run(dg.AssetSelection.assets(dg.AssetKey(asset.split("/"))), None, in_run_of_build, **more)

    def audit_and_publish(self, nightly: Any = None, *, in_run_of_build: bool = True, **more: str) -> list[str]:
        """The last two steps of the run that made the build in the warehouse, once more; returns why they failed."""
        import dagster as dg

        from expectations.rules import audited_tables

        # It has one already: what is certified below must be certified anew.
        (self.home / "warehouse" / "certificate.json").unlink()
        audits = [dg.AssetCheckKey(dg.AssetKey(["marts", table]), "report_rules") for table in audited_tables()]
        return self._run(
            dg.AssetSelection.checks(*audits) | dg.AssetSelection.assets("release"), nightly, in_run_of_build, **more
        )

    def _run(self, selection: Any, nightly: Any, in_run_of_build: bool, **more: str) -> list[str]:
        import dagster as dg

        from orchestration.definitions import build_defs

        run_id = None
        if in_run_of_build:
            run_id = json.loads((self.home / "warehouse" / "build.json").read_text(encoding="utf-8"))["run_id"]
        with (
            environment(self.variables(**more)),
            contextlib.redirect_stdout(io.StringIO()),
            dg.DagsterInstance.ephemeral() as instance,
        ):
            job = dg.define_asset_job("part", selection=selection, executor_def=dg.in_process_executor)
            definitions = dg.Definitions.merge(build_defs(nightly), dg.Definitions(jobs=[job]))
            result = definitions.resolve_job_def("part").execute_in_process(
                instance=instance, raise_on_error=False, run_id=run_id
            )
        return [
            data.user_failure_data.description or "" if data.user_failure_data else str(data.error)
            for data in (event.step_failure_data for event in result.all_events if event.is_step_failure)
        ]

    # ------------------------------------------------------------------------------------------------ reading

    @property
    def current(self) -> Path:
        return self.home / "published" / "current"

    def query(self, text: str) -> list[tuple[Any, ...]]:
        """Rows from the release in force; tables are in the schema marts."""
        with duckdb.connect(str(self.current / "slm.duckdb"), read_only=True) as connection:
            return connection.execute(text).fetchall()

    def releases(self) -> list[str]:
        return sorted(path.name for path in (self.home / "releases").glob("*"))

    def loads(self) -> list[str]:
        """Every load in landing, as source/feed/load."""
        landing = self.home / "landing"
        return sorted(str(path.parent.relative_to(landing)) for path in landing.glob("*/*/*/manifest.json"))


def feeds(**changes: Any) -> dict[str, Any]:
    return {"tickets": "data/tickets*", "ticket_events": "data/events*", **changes}


def everything_below(*folders: Path) -> dict[str, bytes | str]:
    """Every file below the folders with its bytes, every link with what it leads to."""
    found: dict[str, bytes | str] = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_symlink():
                found[str(path)] = str(path.readlink())
            elif path.is_file():
                found[str(path)] = path.read_bytes()
    return found


def published_state(project: Project) -> dict[str, bytes | str]:
    """Everything a reader of the releases can see."""
    return everything_below(project.home / "published", project.home / "releases")


def small_project(folder: Path) -> Project:
    """The project described above, written below `folder`; nothing has run yet."""
    project = Project(folder / "project", folder / "home")
    project.write_settings()
    project.write("agreements/parties.yaml", PARTIES)
    project.write("agreements/sla.yaml", AGREEMENT)
    project.write("data/tickets.csv", TICKET_HEADER, *TICKETS)
    project.write("data/events.csv", EVENT_HEADER, *EVENTS)
    return project

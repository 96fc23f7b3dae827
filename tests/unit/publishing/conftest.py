"""A build database as dbt leaves it, without dbt: every published table with its contract's columns, few rows."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from publishing.build import fingerprints, open_read_only
from publishing.certificate import Certificate, Check, issue
from publishing.ledger import Reopening
from publishing.release import Release, ReleaseInput, publish
from publishing.restatement import Restating

AS_OF = datetime(2026, 4, 1, tzinfo=UTC)
CHECKED = Check("figures_add_up", "expectation", "rpt_sla_scorecard", "Sums hold.", "critical", True, "0 of 2 rows", "")


def figure(numerator: int = 2, denominator: int = 3, service: str = "mail", **more: Any) -> dict[str, Any]:
    """One row of the scorecard."""
    return {
        "agreement_id": "sla",
        "agreement_version": 1,
        "agreement_type": "SLA",
        "customer_id": "acme",
        "service_id": service,
        "target_id": "resolve",
        "metric": "time_to_resolve",
        "period_type": "month",
        "period_start": date(2026, 3, 1),
        "period_end": date(2026, 4, 1),
        "period_status": "running",
        "numerator": numerator,
        "denominator": denominator,
        "status": "met",
        **more,
    }


def answers(item: str = "overall", kind: str = "csat", top2: int = 3, responses: int = 4) -> dict[str, Any]:
    """One row of the experience report."""
    return {
        "customer_id": "acme",
        "service_id": None,
        "item": item,
        "kind": kind,
        "period_type": "month",
        "period_start": date(2026, 3, 1),
        "period_end": date(2026, 4, 1),
        "top2_count": top2,
        "response_count": responses,
    }


def create_empty_build(path: Path, models: list[dict[str, Any]]) -> Path:
    """A build database with every model as an empty table, commented."""
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts; create schema intermediate; create table intermediate.int_x (id int)")
        for model in models:
            columns = ", ".join(f'"{name}" {column["data_type"]}' for name, column in model["columns"].items())
            connection.execute(f'create table marts."{model["name"]}" ({columns})')
            connection.execute(f'comment on table marts."{model["name"]}" is $${model["description"]}$$')
            for name, column in model["columns"].items():
                connection.execute(f'comment on column marts."{model["name"]}"."{name}" is $${column["description"]}$$')
    return path


@dataclass
class Desk:
    """Makes builds and publishes them into one home; every build has an id of its own."""

    home: Path
    build: Path
    empty_build: Path
    count: int = 0

    def made_of(
        self, as_of: datetime = AS_OF, allow_older: bool = False, reopenings: Sequence[Reopening] = ()
    ) -> ReleaseInput:
        return ReleaseInput(
            project="small",
            build_id=f"{self.count:032x}"[::-1],
            run_id=f"run-{self.count}",
            as_of=as_of,
            built_at=datetime(2026, 4, 2, 1, tzinfo=UTC),
            code_revision="abc",
            lock_hash="def",
            agreements_hash="123",
            load_ids=["desk/tickets/000001"],
            allow_older=allow_older,
            reopenings=reopenings,
        )

    def make_build(self, rows: dict[str, list[dict[str, Any]]]) -> None:
        self.count += 1
        self.build.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self.empty_build, self.build)
        with duckdb.connect(str(self.build)) as connection:
            for table, of_table in rows.items():
                for row in of_table:
                    names = ", ".join(f'"{name}"' for name in row)
                    marks = ", ".join("?" * len(row))
                    connection.execute(f'insert into marts."{table}" ({names}) values ({marks})', list(row.values()))

    def certificate(self, *checks: Check) -> Certificate:
        made_of = self.made_of()
        connection = open_read_only(self.build)
        try:
            tables = fingerprints(connection)
        finally:
            connection.close()
        return issue(made_of.build_id, made_of.run_id, AS_OF, AS_OF, list(checks or (CHECKED,)), tables)

    def publish(
        self,
        *scorecard: dict[str, Any],
        as_of: datetime = AS_OF,
        allow_older: bool = False,
        experience: list[dict[str, Any]] | None = None,
        write_report: Callable[[Path, Path], None] | None = None,
        reopenings: Sequence[Reopening] = (),
        restating: Restating | None = None,
        checks: Sequence[Check] = (),
        withheld: Mapping[str, str] | None = None,
        **tables: list[dict[str, Any]],
    ) -> Release:
        """Build and publish these rows of the scorecard and of other tables."""
        self.make_build({"rpt_sla_scorecard": list(scorecard), "rpt_experience": experience or [], **tables})
        return publish(
            self.home,
            self.build,
            replace(self.certificate(*checks), withheld=dict(withheld or {})),
            self.made_of(as_of, allow_older, reopenings),
            write_report=write_report,
            restate=(lambda base, figures: restating) if restating else None,
        )

    @property
    def current(self) -> Path:
        return self.home / "published" / "current"

    def in_force(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.current / "slm.duckdb"), read_only=True) as connection:
            return connection.execute(query).fetchall()

    def ledger(self, columns: str = "service_id, numerator, denominator, sequence_number") -> list[tuple[Any, ...]]:
        return self.in_force(f"select {columns} from marts.figure order by all")

    def elsewhere(self, folder: Path) -> "Desk":
        return replace(self, home=folder / "home", build=folder / "build.duckdb")

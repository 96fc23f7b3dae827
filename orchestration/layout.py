"""Where things lie: the code's own folders, and the folders of a home. Names only; nothing is read or created here."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DBT_PROJECT = ROOT / "dbt_project"
MANIFEST = DBT_PROJECT / "target" / "manifest.json"
INSTANCE_CONFIG = ROOT / "orchestration" / "dagster.yaml"


@dataclass(frozen=True)
class HomeLayout:
    """Folders of one home."""

    home: Path

    @property
    def warehouse(self) -> Path:
        """Build inputs and the build database: for writers only."""
        return self.home / "warehouse"

    @property
    def compiled_agreements(self) -> Path:
        """Parquet tables of the compiled agreements."""
        return self.warehouse / "agreements"

    @property
    def build_database(self) -> Path:
        """The DuckDB file that dbt builds, anew every time."""
        return self.warehouse / "build.duckdb"

    @property
    def build_record(self) -> Path:
        """What the build database holds: build id, run, as_of."""
        return self.warehouse / "build.json"

    @property
    def forgotten(self) -> Path:
        """Which loads and releases the forgetting of persons has touched."""
        return self.home / "forgotten.json"

    @property
    def recomputed(self) -> Path:
        """Scratch of figures computed again; gone when the run ends."""
        return self.warehouse / "recomputed"

    @property
    def dbt_target(self) -> Path:
        """dbt's artefacts of the last build: run results, logs, parse cache."""
        return self.warehouse / "dbt"

    @property
    def logs(self) -> Path:
        """Output of tools, for people."""
        return self.warehouse / "logs"

    @property
    def dagster_instance(self) -> Path:
        """Dagster's own records of runs."""
        return self.home / "dagster"

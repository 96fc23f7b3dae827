"""The star: a column that has the name of a dimension's key names a row of that dimension.

Belongs here: which table a key's name leads to, and whether the rows are there. Does not belong here: the keys
themselves (they are the models' own tests of uniqueness), declaring them to a database (postgres).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import duckdb

from publishing.build import PUBLISHED_SCHEMA
from publishing.certificate import Check


@dataclass(frozen=True)
class Star:
    """Tables by the one column that names their rows, under the same name wherever it refers to them.

    `unknown`: (table, column) pairs that may name what nobody has described. Null refers to nothing, anywhere.
    """

    tables: Mapping[str, str] = field(default_factory=dict)
    unknown: Collection[tuple[str, str]] = ()

    def references(self, table: str, columns: Collection[str]) -> dict[str, str]:
        """The tables that a table with these columns refers to, by column."""
        return {key: other for key, other in self.tables.items() if key in columns and other != table}


def reference_checks(connection: duckdb.DuckDBPyConnection, star: Star) -> list[Check]:
    """Whether every key in the build's tables names a row of its dimension: one check per dimension."""
    columns: dict[str, set[str]] = {}
    for table, column in connection.execute(
        "select table_name, column_name from duckdb_columns() where schema_name = ?", [PUBLISHED_SCHEMA]
    ).fetchall():
        columns.setdefault(table, set()).add(column)
    checks = []
    for key, dimension in sorted(star.tables.items()):
        referring = [
            table
            for table in sorted(columns)
            if key in star.references(table, columns[table]) and (table, key) not in star.unknown
        ]
        lost = {table: _lost(connection, table, dimension, key) for table in referring}
        found = ", ".join(f"{count:,} in {table}" for table, count in lost.items() if count)
        checks.append(
            Check(
                f"{key}_names_a_row",
                "rule",
                dimension,
                f"Every {key} in other tables names a row of {dimension}, but where it is said that it may be unknown.",
                "critical",
                not found,
                f"unknown: {found}" if found else f"none unknown in {len(referring)} tables",
                "none unknown",
            )
        )
    return checks


def _lost(connection: duckdb.DuckDBPyConnection, table: str, dimension: str, key: str) -> int:
    """Rows of the table whose key is filled and names no row."""
    ((count,),) = connection.execute(
        f'select count(*) from {PUBLISHED_SCHEMA}."{table}" as one'
        f' anti join {PUBLISHED_SCHEMA}."{dimension}" as other on one."{key}" = other."{key}"'
        f' where one."{key}" is not null'
    ).fetchall()
    return int(count)

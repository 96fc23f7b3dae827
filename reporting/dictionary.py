"""`python -m reporting.dictionary MANIFEST OUT`: the data dictionary, a Markdown page with every table of a release.

Belongs here: the page and where its words come from.
Does not belong here: the words themselves. Those of a table built by dbt stand beside its model, those of the control
tables (release, certificate_check, figure) where publishing writes them.
Beside the flow: it runs when the models change. It publishes a release of empty tables and reads the page off that, so
that names, types and comments are those a reader of a release finds, and only keys and notes come from the manifest.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from publishing import certificate as certificates
from publishing.build import PUBLISHED_SCHEMA
from publishing.release import DATABASE_FILE, ReleaseInput, publish
from publishing.star import Star
from reporting.errors import ReportError

# Sections of the page: what the names of their tables begin with, and a heading. What fits none is a control table.
_GROUPS = (("rpt_", "Reports"), ("fct_", "Facts"), ("dim_", "Dimensions"), ("", "Control tables"))
# Any instant: it leaves no trace on the page.
_INSTANT = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Column:
    """One column of a published table. `type_name` is DuckDB's; `is_filled`: a test or constraint forbids null."""

    name: str
    type_name: str
    is_filled: bool
    comment: str


@dataclass(frozen=True)
class Table:
    """One published table. `key`: columns that no two rows share; empty = none is tested. `note` may be empty."""

    name: str
    comment: str
    note: str
    key: tuple[str, ...]
    read_by: tuple[str, ...]
    columns: tuple[Column, ...]
    references: Mapping[str, str] = field(default_factory=dict)  # table by the column that names a row of it
    unknown: Collection[str] = ()  # of these columns those that may name what nobody has described


def read_tables(manifest: Mapping[str, Any]) -> list[Table]:
    """Every table of a release built from these models, sorted by name, control tables included.

    `manifest` is dbt's manifest.json. Raises ReportError if a published model or a column of it has no description.
    """
    models = _published_models(manifest)
    _demand_descriptions(models)
    with tempfile.TemporaryDirectory() as scratch:
        database = _empty_release(Path(scratch), models)
        with duckdb.connect(str(database), read_only=True) as connection:
            described = connection.execute(
                "select table_name, column_name, data_type, not is_nullable, comment from duckdb_columns()"
                " where schema_name = ? order by table_name, column_index",
                [PUBLISHED_SCHEMA],
            ).fetchall()
            comments = dict(
                connection.execute(
                    "select table_name, comment from duckdb_tables() where schema_name = $schema"
                    " union all select view_name, comment from duckdb_views() where schema_name = $schema",
                    {"schema": PUBLISHED_SCHEMA},
                ).fetchall()
            )
    keys, filled = tested_keys(manifest)
    star, readers = star_of(manifest), _readers(manifest)
    tables = []
    for name in sorted(comments):
        columns = tuple(
            Column(column, type_name, is_filled or (name, column) in filled, comment or "")
            for table, column, type_name, is_filled, comment in described
            if table == name
        )
        note = _note(models[name]["raw_code"]) if name in models else ""
        tables.append(
            Table(
                name,
                comments[name] or "",
                note,
                keys.get(name, ()),
                readers.get(name, ()),
                columns,
                star.references(name, {column.name for column in columns}),
                {column for table, column in star.unknown if table == name},
            )
        )
    return tables


def dictionary_page(tables: Sequence[Table]) -> str:
    """The page as Markdown: reports first, then facts, dimensions and control tables."""
    lines = [
        "# Data dictionary",
        "",
        "Every table of a release, schema `marts` of `slm.duckdb`; `parquet/<table>.parquet` holds the same rows.",
        "Written by `make dictionary` from the models and the publishing code; edit the descriptions there, not here.",
        "",
        "- Instants end in `_at`: UTC, `TIMESTAMP` without zone. Local days are `DATE`.",
        "- Durations end in `_seconds`: `BIGINT`. Counts end in `_count`. Shares end in `_ratio`, 0 to 1 (nps -1 to 1)",
        "- Refers to: a column that names a row of another table has the name of that table's key; null names none.",
        "  Where it says *or unknown*, it may also name what nobody has described.",
        "- `not null` = a test or a constraint holds it. Any other column may be null; its description says when.",
        "",
    ]
    left = list(tables)
    for prefix, heading in _GROUPS:
        group = [table for table in left if table.name.startswith(prefix)]
        left = [table for table in left if table not in group]
        lines += [f"## {heading}", ""]
        lines += [f"- [`{table.name}`](#{table.name}): {table.comment}" for table in group]
        lines.append("")
        for table in group:
            lines += _section(table)
    return "\n".join(lines)


def _section(table: Table) -> list[str]:
    lines = [f"### {table.name}", "", table.comment]
    if table.note:
        lines.append(table.note)
    lines.append("")
    if table.key:
        lines.append(f"- Key: {', '.join(f'`{column}`' for column in table.key)}")
    if table.references:
        named = (
            f"`{column}` → [`{other}`](#{other}){' *or unknown*' if column in table.unknown else ''}"
            for column, other in table.references.items()
        )
        lines.append(f"- Refers to: {', '.join(named)}")
    if table.read_by:
        lines.append(f"- Read by: {', '.join(table.read_by)}")
    if table.key or table.references or table.read_by:
        lines.append("")
    lines += ["| column | type | meaning |", "|---|---|---|"]
    for column in table.columns:
        type_name = f"{column.type_name}{' not null' if column.is_filled else ''}"
        meaning = column.comment.replace("|", "\\|")
        lines.append(f"| `{column.name}` | {type_name} | {meaning} |")
    return [*lines, ""]


def _published_models(manifest: Mapping[str, Any]) -> dict[str, Any]:
    return {
        node["name"]: node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["schema"] == PUBLISHED_SCHEMA
    }


def _demand_descriptions(models: Mapping[str, Any]) -> None:
    missing = []
    for name, model in sorted(models.items()):
        if not model["description"].strip():
            missing.append(name)
        missing += [
            f"{name}.{column['name']}" for column in model["columns"].values() if not column["description"].strip()
        ]
    if not models:
        raise ReportError("The manifest holds no published model: run `make setup`, which parses the dbt project.")
    if missing:
        raise ReportError(f"Without a description: {', '.join(missing)}. Describe them in the yml beside the model.")


def _empty_release(home: Path, models: Mapping[str, Any]) -> Path:
    """The database of a release, made below `home`, whose tables are those of the models and hold no row."""
    build = home / "build.duckdb"
    with duckdb.connect(str(build)) as connection:
        connection.execute(f"create schema {PUBLISHED_SCHEMA}")
        for name, model in models.items():
            columns = ", ".join(f'"{column["name"]}" {column["data_type"]}' for column in model["columns"].values())
            table = f'{PUBLISHED_SCHEMA}."{name}"'
            connection.execute(f"create table {table} ({columns})")
            connection.execute(f"comment on table {table} is {_literal(model['description'])}")
            for column in model["columns"].values():
                connection.execute(f'comment on column {table}."{column["name"]}" is {_literal(column["description"])}')
    release = publish(
        home,
        build,
        certificates.issue("0" * 32, "", _INSTANT, _INSTANT, [], {}),
        ReleaseInput(
            project="dictionary",
            build_id="0" * 32,
            run_id="",
            as_of=_INSTANT,
            built_at=_INSTANT,
            code_revision="",
            lock_hash="",
            agreements_hash="",
            load_ids=[],
            allow_older=False,
        ),
    )
    return release.directory / DATABASE_FILE


def _literal(text: str) -> str:
    return "'" + text.strip().replace("'", "''") + "'"


def tested_keys(manifest: Mapping[str, Any]) -> tuple[dict[str, tuple[str, ...]], set[tuple[str, str]]]:
    """(key columns by table, (table, column) pairs that are never null), by the models' own tests."""
    keys: dict[str, tuple[str, ...]] = {}
    filled: set[tuple[str, str]] = set()
    for node in manifest["nodes"].values():
        if node["resource_type"] != "test" or not node.get("attached_node"):
            continue
        table = node["attached_node"].rsplit(".", 1)[-1]
        test = node["test_metadata"]
        if test["name"] == "not_null":
            filled.add((table, node["column_name"]))
        elif test["name"] == "unique":
            keys.setdefault(table, (node["column_name"],))
        elif test["name"] == "unique_combination":  # the grain, also where one column says it again
            keys[table] = tuple(test["kwargs"]["columns"])
    return keys, filled


def star_of(manifest: Mapping[str, Any]) -> Star:
    """The star of the models: keys of one column are unique columns of dimensions and facts, by the models' own tests;
    `may_be_unknown` in the meta of another table's column says that it may name what nobody has described."""
    tables = {}
    for node in manifest["nodes"].values():
        if node["resource_type"] == "test" and (node.get("test_metadata") or {}).get("name") == "unique":
            table = (node["attached_node"] or "").rsplit(".", 1)[-1]
            if table.startswith(("dim_", "fct_")):
                tables[node["column_name"]] = table
    unknown = {
        (name, column["name"])
        for name, model in _published_models(manifest).items()
        for column in model["columns"].values()
        if column["config"]["meta"].get("may_be_unknown")
    }
    return Star(dict(sorted(tables.items())), unknown)


def _readers(manifest: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Labels of the exposures that read a table, sorted."""
    readers: dict[str, set[str]] = {}
    for exposure in manifest["exposures"].values():
        for node in exposure["depends_on"]["nodes"]:
            readers.setdefault(node.rsplit(".", 1)[-1], set()).add(exposure["label"] or exposure["name"])
    return {table: tuple(sorted(names)) for table, names in readers.items()}


def _note(sql: str) -> str:
    """What the comment above a model says after its first sentence, which states the grain."""
    comment = []
    for line in sql.splitlines():
        if not line.startswith("--"):
            break
        comment.append(line.removeprefix("--").strip())
    return " ".join(comment).partition(". ")[2]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m reporting.dictionary", description="Write the data dictionary.")
    parser.add_argument("manifest", type=Path, help="dbt's manifest.json")
    parser.add_argument("out", type=Path, help="Markdown file to write")
    options = parser.parse_args(arguments)
    try:
        manifest = json.loads(options.manifest.read_text(encoding="utf-8"))
        page = dictionary_page(read_tables(manifest))
    except FileNotFoundError:
        parser.exit(1, f"There is no {options.manifest}: run `make setup`, which parses the dbt project.\n")
    except ReportError as error:
        parser.exit(1, f"{error}\n")
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

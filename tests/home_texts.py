"""Everything that can be read below a folder, as text: for searches for a word that must not be there."""

from collections.abc import Iterator
from pathlib import Path

import duckdb


def texts_below(*folders: Path) -> Iterator[tuple[str, str]]:
    """Path, and content as text, of every file; of tables in Parquet and DuckDB files the rows, comments included."""
    for path in sorted(path for folder in folders for path in folder.rglob("*")):
        if not path.is_file():
            continue
        yield str(path), path.read_bytes().decode("utf-8", "replace")
        if path.suffix == ".parquet":
            yield str(path), str(duckdb.sql(f"select * from read_parquet('{path}')").fetchall())
        elif path.suffix == ".duckdb":
            with duckdb.connect(str(path), read_only=True) as connection:
                tables = connection.execute("select table_schema, table_name from information_schema.tables").fetchall()
                for schema, table in tables:
                    rows = connection.execute(f'select * from "{schema}"."{table}"').fetchall()
                    yield f"{path} {schema}.{table}", str(rows)


def places_of(word: str, *folders: Path) -> list[str]:
    """Every file (or table of one) below the folders in which the word can be read, whatever its letter case."""
    return sorted({place for place, text in texts_below(*folders) if word.lower() in text.lower()})

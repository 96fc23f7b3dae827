"""Writes the report pack of one release: `write_pack` is the entrance of this package."""

import html
from pathlib import Path

import duckdb

from settings.project import ReportPack


def write_pack(database: Path, directory: Path, settings: ReportPack) -> list[Path]:
    """Write the report pack of the release `database` into `directory`; returns the files written."""
    if settings.periods == 0 or "html" not in settings.formats:
        return []
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = connection.execute(
            "select distinct customer_id, period_type, period_start from marts.rpt_sla_target"
            " where denominator > 0 order by all"
        ).fetchall()
    items = "".join(f"<li>{html.escape(' · '.join(str(cell) for cell in row))}</li>\n" for row in rows)
    directory.mkdir(parents=True, exist_ok=True)
    index = directory / "index.html"
    index.write_text(
        '<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>Service level reports</title>\n'
        f"<h1>Service level reports</h1>\n<ul>\n{items}</ul></html>\n",
        encoding="utf-8",
    )
    return [index]

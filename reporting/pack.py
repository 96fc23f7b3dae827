"""Writes the report pack of one release: `write_pack` is the entrance of this package.

Belongs here: which pages are written, and the files they become.
Does not belong here: reading (`queries`), what stands on a page (`pages`), markup (templates).
Last in the flow. Pages are self-contained: no script, no request to any host, relative links only.
"""

from collections import defaultdict
from datetime import date
from pathlib import Path

import jinja2

from reporting.context import WINDOW, PageContext
from reporting.csv_files import breaches_csv, figures_csv, outages_csv
from reporting.markup import environment
from reporting.model import Page
from reporting.pages import build_index, build_pages
from reporting.quality_page import QUALITY_FILE, build_quality
from reporting.queries import PageKey, ReleaseReader
from reporting.wording import shift_period
from settings.errors import Problem, ProjectError
from settings.project import PROJECT_FILE, ReportPack

INDEX_FILE = "index.html"


def write_pack(database: Path, directory: Path, settings: ReportPack) -> list[Path]:
    """Write the report pack of a finished release; returns the files written, in the order of their paths.

    `database` is the release's DuckDB file (schema marts), opened read-only. Into `directory` go `index.html` and
    `quality.html`, one page `<customer>/<period>.html` for each customer and each of the last `settings.periods`
    periods that have a figure, and
    beside each page its figures (`<period>.csv`), its breached clocks (`<period>-breaches.csv`) and its outages
    (`<period>-outages.csv`), where it has any. `settings.customers` narrows the customers. With 0 periods, or without
    "html" among the formats, nothing is written, not even the directory. "pdf" is not written yet.

    The same database and settings make the same bytes: no clock, no path and no order of a dictionary goes in.
    Raises ReportError if the database is no finished release, ProjectError if `settings.customers` names a customer
    that the release does not know.
    """
    if settings.periods == 0 or "html" not in settings.formats:
        return []
    with ReleaseReader(database) as reader:
        release, dimensions = reader.release(), reader.dimensions()
        keys = reader.page_keys()
        _demand_customers(settings, {*dimensions.customers, *(key.customer_id for key in keys)})
        chosen = _choose(keys, settings)
        templates = environment()
        files: dict[str, str] = {}
        pages: list[Page] = []
        starts = {customer: _first_start(customer_keys) for customer, customer_keys in chosen.items()}
        if starts:
            reader.gather(min(starts.values()))
        for customer, customer_keys in chosen.items():
            facts = reader.customer_facts(customer, starts[customer])
            shown, failed = reader.release(customer), reader.failed_checks(customer)
            for page, context in build_pages(customer_keys, shown, dimensions, facts, failed):
                pages.append(page)
                files.update(_page_files(templates, page, context))
        files[QUALITY_FILE] = templates.get_template("quality.html.j2").render(quality=build_quality(reader))
    files[INDEX_FILE] = templates.get_template("index.html.j2").render(index=build_index(release, pages))
    return [_write(directory / path, files[path]) for path in sorted(files)]


def _demand_customers(settings: ReportPack, known: set[str]) -> None:
    if settings.customers is None:
        return
    problems = [
        Problem(
            PROJECT_FILE,
            "",
            f"reports.customers[{position}]",
            f'"{customer}" is no customer of this release',
            f"write one of {', '.join(sorted(known)) or 'none yet'}, or all",
        )
        for position, customer in enumerate(settings.customers)
        if customer not in known
    ]
    if problems:
        raise ProjectError(problems)


def _choose(keys: list[PageKey], settings: ReportPack) -> dict[str, list[PageKey]]:
    """The pages to be written by customer: of each type of period, the last `settings.periods`."""
    by_type: dict[tuple[str, str], list[PageKey]] = defaultdict(list)
    for key in sorted(keys):
        if settings.customers is None or key.customer_id in settings.customers:
            by_type[key.customer_id, key.period_type].append(key)
    chosen: dict[str, list[PageKey]] = defaultdict(list)
    for (customer, _), typed in by_type.items():
        chosen[customer] += typed[-settings.periods :]
    return chosen


def _first_start(keys: list[PageKey]) -> date:
    """First day of the earliest period that the grid or the trend of any of the pages reaches back to."""
    return min(shift_period(key.period_type, key.period_start, 1 - WINDOW) for key in keys)


def _page_files(templates: jinja2.Environment, page: Page, context: PageContext) -> dict[str, str]:
    """The page and the CSV beside it, by path."""
    stem = f"{page.folder}/{page.file_name}"
    files = {
        f"{stem}.html": templates.get_template("page.html.j2").render(page=page),
        f"{stem}.csv": figures_csv(context),
        f"{stem}-breaches.csv": breaches_csv(context),
        f"{stem}-outages.csv": outages_csv(context),
    }
    return {path: text for path, text in files.items() if text is not None}


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    return path

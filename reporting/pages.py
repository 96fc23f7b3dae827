"""Builds the page model: pages of one customer, and the index.

Belongs here: the head, the verdict, the tiles, and which sections a page has.
Does not belong here: reading (`queries`), the sections themselves, markup (templates).
Between the sections and `pack`.
"""

import hashlib
import math
import re
from collections import Counter

from reporting import wording
from reporting.availability_section import availability, page_availability
from reporting.context import PageContext, badge, count_phrase, is_clock, result_text
from reporting.experience_section import experience, page_experience, satisfaction_clause
from reporting.method_section import certificate_note, method, quality
from reporting.model import Badge, Head, Index, IndexGroup, IndexRow, Link, Page, Section, Tile, Verdict
from reporting.outlook_section import forecast, workload
from reporting.queries import (
    CustomerFacts,
    Delay,
    Dimensions,
    FailedCheck,
    Figure,
    PageKey,
    Release,
)
from reporting.scrutiny_section import decisions, pauses, rules
from reporting.target_section import grid, overruns, page_breaches, targets
from reporting.verdict import Judged, first_sentence, second_sentence

_PLAIN_NAME = re.compile(r"^[a-z0-9]([a-z0-9.-]{0,126}[a-z0-9])?$")


def folder_name(customer_id: str) -> str:
    """A folder's name for any customer id: the id itself where it is a plain name, else its plain part and a digest.

    Ids of survey answers come as their source wrote them, and must not lead out of the pack.
    """
    if _PLAIN_NAME.match(customer_id) and ".." not in customer_id and customer_id != "index.html":
        return customer_id
    plain = re.sub(r"[^a-z0-9]+", "-", customer_id.lower()).strip("-")[:40]
    digest = hashlib.sha256(customer_id.encode()).hexdigest()[:8]
    return f"{plain}-{digest}" if plain else digest


def build_pages(
    keys: list[PageKey],
    release: Release,
    dimensions: Dimensions,
    facts: CustomerFacts,
    failed: list[FailedCheck],
) -> list[tuple[Page, PageContext]]:
    """The pages of one customer, in the order of `keys`, each with what it was made from."""
    contexts = [PageContext(key, release, dimensions, facts) for key in keys]
    return [(_page(context, keys, failed), context) for context in contexts]


def _page(context: PageContext, keys: list[PageKey], failed: list[FailedCheck]) -> Page:
    name = wording.period_file_name(context.key.period_type, context.key.period_start)
    verdicts = Counter(badge(figure.status, figure.is_at_risk).symbol for figure in context.figures)
    return Page(
        folder=folder_name(context.key.customer_id),
        file_name=name,
        head=_head(context, keys, name),
        verdict=_verdict(context),
        grid=grid(context),
        targets=targets(context),
        has_clocks=any(is_clock(figure.metric) for figure in context.figures),
        forecast=forecast(context),
        workload=workload(context),
        availability=availability(context, Link(f"{name}-outages.csv", "All of them as CSV")),
        overruns=overruns(context, Link(f"{name}-breaches.csv", "All of them as CSV")),
        pauses=pauses(context),
        rules=rules(context),
        experience=experience(context),
        decisions=decisions(context),
        quality=quality(context, failed),
        method=method(context),
        sections=_sections(context),
        is_withheld=bool(context.withheld),
        met_count=verdicts["met"] + verdicts["near"],
        missed_count=verdicts["missed"],
        near_count=verdicts["near"],
        no_data_count=verdicts["none"] + verdicts["absent"],
    )


def _sections(context: PageContext) -> list[Section]:
    """The headings: what is about targets, clocks or a limit only where there is one, the others always."""
    has_clocks = any(is_clock(figure.metric) for figure in context.figures)
    shown = {
        "grid": ("Targets over time", bool(context.figures)),
        "targets": ("Targets this period", bool(context.figures)),
        "forecast": ("Forecast and breach budget", forecast(context) is not None),
        "workload": ("Workload against the limit", workload(context) is not None),
        "availability": ("Availability and error budget", True),
        "breaches": ("Breaches and why", has_clocks),
        "pauses": ("Pauses", has_clocks),
        "rules": ("The same figures under other rules", has_clocks),
        "experience": ("Experience", True),
        "decisions": ("Exclusions and other decisions", bool(context.figures)),
        "quality": ("Data quality", True),
        "method": ("How measured", True),
    }
    return [Section(anchor, title) for anchor, (title, is_shown) in shown.items() if is_shown]


# Head


def _head(context: PageContext, keys: list[PageKey], name: str) -> Head:
    key, release, edition = context.key, context.release, context.edition
    published = edition or release
    state, note = _state(context)
    return Head(
        customer=context.dimensions.customers.get(key.customer_id, key.customer_id),
        customer_id=key.customer_id,
        project=release.project,
        period=context.period_name,
        days=wording.days_text(key.period_start, wording.last_day(context.period_end)),
        zones=wording.listed(context.zones) if context.zones else "",
        state=state,
        state_note=note,
        as_of=wording.instant_text(published.as_of_at, context.zone, with_zone=True),
        release_id=published.release_id,
        edition=edition.edition if edition else None,
        certificate=Badge("met", "Published") if edition else certificate_badge(release),
        certificate_note="a release with a failed critical check is not published"
        if edition
        else certificate_note(release.passed_count, release.failed_count),
        previous=_neighbour(keys, key, -1),
        following=_neighbour(keys, key, 1),
        csv=Link(f"{name}.csv", "Figures of this page as CSV"),
        agreements=context.agreement_names(),
    )


def certificate_badge(release: Release) -> Badge:
    """Whether every check of the release held."""
    if release.passed_count + release.failed_count == 0:
        return Badge("none", "No certificate")
    return Badge("near", "Warnings") if release.failed_count else Badge("met", "All checks passed")


def _state(context: PageContext) -> tuple[Badge, str]:
    """Running until the period is over, preliminary until it is closed."""
    end = wording.day_text(wording.last_day(context.period_end))
    if context.is_running:
        return Badge("running", "Running"), f"figures to date; the period ends with {end}"
    if any(figure.period_status == "running" for figure in context.figures):
        days = max(agreement.close_after_working_days for agreement in context.agreements)
        return Badge("running", "Preliminary"), f"closes {wording.counted(days, 'working day')} after {end}"
    if context.delays:
        return Badge("closed", "Closed"), "what is new in it is put on record once every source is read again"
    if context.withheld:
        return Badge("closed", "Closed"), "what is withheld is put on record once it is published"
    return Badge("closed", "Closed"), "figures of record"


def _neighbour(keys: list[PageKey], key: PageKey, step: int) -> Link | None:
    """The page before or after, among those of the same kind of period."""
    alike = [other for other in keys if other.period_type == key.period_type]
    position = alike.index(key) + step
    if not 0 <= position < len(alike):
        return None
    other = alike[position]
    name = wording.period_file_name(other.period_type, other.period_start)
    return Link(f"{name}.html", wording.period_name(other.period_type, other.period_start))


# Verdict


def _verdict(context: PageContext) -> Verdict:
    judged = [_judged(context, figure) for figure in context.figures]
    over_budget = [
        f"{context.service_name(row.service_id)} ({wording.used_text(row.error_budget_used_ratio)})"
        for row in sorted(page_availability(context), key=lambda row: -(row.error_budget_used_ratio or 0))
        if row.error_budget_used_ratio is not None and row.error_budget_used_ratio > 1
    ]
    clocks = [figure.open_breached_count for figure in _published_clocks(context)]
    return Verdict(
        first_sentence(context.period_name, judged, context.is_running),
        second_sentence(
            judged, over_budget, sum(clocks) if clocks else None, context.is_running, satisfaction_clause(context)
        ),
        [
            *(_delay_sentence(context, delay) for delay in context.delays),
            *_withheld_sentences(context),
        ],
        _tiles(context, judged),
    )


def _delay_sentence(context: PageContext, delay: Delay) -> str:
    """From when on an agreement's data are missing; that nothing is shown does not mean that nothing was."""
    name = next(row.display_name for row in context.agreements if row.agreement_id == delay.agreement_id)
    since = wording.instant_text(delay.unknown_since_at, context.zone, with_zone=True)
    sources = delay.unread_sources.split(", ")
    last = "and was last read" if len(sources) == 1 else "and the first of them was last read"
    named = "Source" if len(sources) == 1 else "Sources"
    unread = f"{named} {wording.listed(sources)} could not be read {last} on {since}."
    if any(figure.status == "withheld" for figure in context.figures if figure.agreement_id == delay.agreement_id):
        return f"{unread} That is longer ago than {name} allows: its figures are withheld."
    return (
        f"{unread} The figures of {name} are as of then: what happened later is not known, and that no breach or outage"
        " of it is shown does not mean that there was none."
    )


def _withheld_sentences(context: PageContext) -> list[str]:
    """Why figures are withheld, unless that was said of a source that was not read."""
    names = {row.agreement_id: row.display_name for row in reversed(context.agreements)}
    delayed = {delay.agreement_id for delay in context.delays}
    return [
        f"The figures of {names[row.agreement_id]} are withheld: {row.reason}."
        for row in context.withheld
        if row.agreement_id not in delayed
    ]


def _published_clocks(context: PageContext) -> list[Figure]:
    return [figure for figure in context.figures if is_clock(figure.metric) and figure.status != "withheld"]


def _judged(context: PageContext, figure: Figure) -> Judged:
    return Judged(
        context.target_name(figure) + context.former_version(figure.agreement_id, figure.agreement_version),
        figure.status,
        figure.is_at_risk,
        result_text(figure),
        wording.target_text(figure.metric, figure.target_ratio),
        count_phrase(figure) if figure.metric != "availability" else "",
        _shortfall(figure),
    )


def _shortfall(figure: Figure) -> float:
    """How many times over the allowance for failures was used; infinite where none is allowed."""
    allowed = figure.denominator * (1 - figure.target_ratio)
    return (figure.denominator - figure.numerator) / allowed if allowed > 0 else math.inf


def _tiles(context: PageContext, judged: list[Judged]) -> list[Tile]:
    """What can be told at a glance; only what was measured."""
    return [
        tile
        for tile in (_met_tile(judged), _budget_tile(context), _breach_tile(context), _answer_tile(context))
        if tile is not None
    ]


def _met_tile(judged: list[Judged]) -> Tile | None:
    met = sum(target.status == "met" for target in judged)
    measured = met + sum(target.status == "missed" for target in judged)
    if not measured:
        return None
    withheld = sum(target.status == "withheld" for target in judged)
    idle = len(judged) - measured - withheld
    notes = [f"{idle} more had nothing to count"] if idle else []
    notes += [f"{withheld} withheld"] if withheld else []
    note = ", ".join(notes) or "each target counts once"
    return Tile("Targets met", f"{met} of {measured}", note, "met" if met == measured else "missed")


def _budget_tile(context: PageContext) -> Tile | None:
    rows = [row for row in page_availability(context) if row.error_budget_used_ratio is not None]
    if not rows:
        return None
    within = sum(row.error_budget_used_ratio is not None and row.error_budget_used_ratio <= 1 for row in rows)
    return Tile(
        "Services within their error budget",
        f"{within} of {len(rows)}",
        "the downtime that the target leaves room for",
        "met" if within == len(rows) else "missed",
    )


def _breach_tile(context: PageContext) -> Tile | None:
    clocks = _published_clocks(context)
    if not clocks:
        return None
    breaches = page_breaches(context)
    counted = sum(figure.denominator for figure in clocks)
    note = f"of {counted:,} counted, on {wording.counted(len({row.ticket_key for row in breaches}), 'ticket')}"
    return Tile("Breached clocks", wording.count_text(len(breaches)), note, "none" if breaches else "met")


def _answer_tile(context: PageContext) -> Tile | None:
    rows = [row for row in page_experience(context) if row.kind == "csat" and row.top2_ratio is not None]
    if not rows:
        return None
    satisfied, answers = sum(row.top2_count for row in rows), sum(row.response_count for row in rows)
    asked = "" if len(rows) > 1 else _asked(rows[0].response_ratio)
    return Tile(
        "Satisfied answers (CSAT)",
        f"{satisfied:,} of {answers:,}",
        wording.share_text(wording.floored_percent(satisfied, answers, 2), 2) + asked,
        "none",
    )


def _asked(response_ratio: float | None) -> str:
    if response_ratio is None:
        return ", response rate not known"
    return f", response rate {wording.share_text(wording.floored_ratio(response_ratio, 1), 1)}"


# Index


def build_index(release: Release, pages: list[Page]) -> Index:
    """The index of `pages`, which come from the earliest period on; a customer's latest stands first."""
    by_folder: dict[str, list[Page]] = {}
    for page in pages:
        by_folder.setdefault(page.folder, []).append(page)
    groups = [
        IndexGroup(rows[0].head.customer, folder, [_index_row(page) for page in reversed(rows)])
        for folder, rows in by_folder.items()
    ]
    return Index(
        release.project,
        wording.instant_text(release.as_of_at, "UTC", with_zone=True),
        release.release_id,
        certificate_badge(release),
        certificate_note(release.passed_count, release.failed_count),
        sorted(groups, key=lambda group: (wording.natural(group.customer), group.anchor)),
    )


def _index_row(page: Page) -> IndexRow:
    return IndexRow(
        link=Link(page.path, page.head.period),
        days=page.head.days,
        state=page.head.state,
        met=str(page.met_count),
        near=str(page.near_count),
        missed=str(page.missed_count),
        no_data=str(page.no_data_count),
        csv=Link(f"{page.folder}/{page.head.csv.href}", "CSV"),
        overall=_overall(page),
    )


def _overall(page: Page) -> Badge:
    if page.missed_count:
        return Badge("missed", f"{page.missed_count} missed")
    if page.met_count:
        return Badge("met", "None missed")
    return Badge("none", "None measured")

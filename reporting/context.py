"""What every section of one page needs to know, and the few readings that several of them share.

Belongs here: the page's window of periods, its agreements, and the texts of a figure.
Does not belong here: a section of its own, reading the release (`queries`).
Between `queries` and the sections.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cached_property
from zoneinfo import ZoneInfo

from reporting import wording
from reporting.model import Badge
from reporting.queries import (
    Agreement,
    CustomerFacts,
    Delay,
    Dimensions,
    Edition,
    Figure,
    PageKey,
    Release,
    Withheld,
)

WINDOW = 12

NO_DATA = Badge("none", "No data")
_STATUS = {
    "missed": Badge("missed", "Missed"),
    "no_data": NO_DATA,
    "withheld": Badge("absent", "Withheld"),
}
_MET = Badge("met", "Met")
_NEAR = Badge("near", "Met, nearly missed")

SURVEY_METRICS = frozenset({"csat", "nps", "ces"})
SERVICE_METRICS = frozenset({"availability", "restore_time", "data_loss"})


def is_survey(metric: str) -> bool:
    """Whether the metric counts answers."""
    return metric in SURVEY_METRICS or metric.startswith("survey_item:")


def is_clock(metric: str) -> bool:
    """Whether the metric counts clocks of tickets."""
    return metric not in SERVICE_METRICS and not is_survey(metric)


def badge(status: str, is_at_risk: bool) -> Badge:
    """A verdict as symbol and word."""
    if status == "met":
        return _NEAR if is_at_risk else _MET
    return _STATUS[status]


def result_value(figure: Figure) -> tuple[Decimal, int] | None:
    """The result in percent or points, cut off, and its decimals; None where nothing was counted."""
    if not figure.has_figure:
        return None
    places = wording.result_places(figure.target_ratio)
    return wording.floored_percent(figure.numerator, figure.denominator, places), places


def result_text(figure: Figure) -> str:
    """94.99 %, 39.83 points, no data, or withheld."""
    result = result_value(figure)
    if result is None:
        return "withheld" if figure.status == "withheld" else "no data"
    return wording.points_text(*result) if figure.metric == "nps" else wording.share_text(*result)


def amount_text(metric: str, amount: int) -> str:
    """A numerator or denominator: a duration for availability, else a count."""
    if metric == "availability":
        return wording.duration_text(amount)
    return wording.count_text(amount).replace("-", "\N{MINUS SIGN}")


def count_phrase(figure: Figure) -> str:
    """What the result is out of: 186 of 188 records; 42 m lost of 743 h; net 12 of 40 answers."""
    if figure.metric == "availability":
        lost = wording.duration_text(figure.denominator - figure.numerator)
        return f"{lost} lost of {wording.duration_text(figure.denominator)}"
    of = wording.counted(figure.denominator, "answer") if is_survey(figure.metric) else f"{figure.denominator:,}"
    net = "net " if figure.metric == "nps" else ""
    return f"{net}{amount_text(figure.metric, figure.numerator)} of {of}"


@dataclass(frozen=True)
class PageContext:
    """One page in the making."""

    key: PageKey
    release: Release
    dimensions: Dimensions
    facts: CustomerFacts

    @cached_property
    def period_name(self) -> str:
        """October 2026."""
        return wording.period_name(self.key.period_type, self.key.period_start)

    @cached_property
    def period_end(self) -> date:
        """First day after the period."""
        return wording.shift_period(self.key.period_type, self.key.period_start, 1)

    @cached_property
    def window(self) -> list[date]:
        """First days of the page's period and those before it that any of its targets has a row for, the page's last;
        at most WINDOW, without gaps."""
        starts = [
            wording.shift_period(self.key.period_type, self.key.period_start, step) for step in range(1 - WINDOW, 1)
        ]
        known = {figure.period_start for figure in self.history}
        first = next((position for position, start in enumerate(starts) if start in known), len(starts) - 1)
        return starts[first:]

    @cached_property
    def _typed(self) -> list[Figure]:
        return [figure for figure in self.facts.figures if figure.period_type == self.key.period_type]

    @cached_property
    def figures(self) -> list[Figure]:
        """Verdicts of the page's period, in the order of reading: by agreement, then metric, target and service."""
        current = [figure for figure in self._typed if figure.period_start == self.key.period_start]
        return self.in_reading_order(figure for figure in current if figure.is_verdict)

    @cached_property
    def detail_figures(self) -> list[Figure]:
        """All rows of the page's period, the services' shares of an agreement's verdict included."""
        return [figure for figure in self._typed if figure.period_start == self.key.period_start]

    @cached_property
    def history(self) -> list[Figure]:
        """Verdicts of the targets on the page, of this and the periods before it in the longest window."""
        keys = {figure.row_key for figure in self.figures}
        first = wording.shift_period(self.key.period_type, self.key.period_start, 1 - WINDOW)
        return [
            figure
            for figure in self._typed
            if figure.is_verdict and figure.row_key in keys and first <= figure.period_start <= self.key.period_start
        ]

    @cached_property
    def agreements(self) -> list[Agreement]:
        """Agreement versions with a figure on the page, by agreement, the latest version first."""
        keys = {self._agreement_key(row) for row in self.figures}
        return [self.dimensions.agreements[key] for key in sorted(keys, key=lambda key: (key[0], -key[1]))]

    @staticmethod
    def _agreement_key(figure: Figure) -> tuple[str, int]:
        return figure.agreement_id, figure.agreement_version

    def in_reading_order(self, figures: Iterable[Figure]) -> list[Figure]:
        """By agreement, metric, target, service and version."""
        return sorted(
            figures,
            key=lambda row: (
                row.agreement_id,
                wording.METRIC_ORDER.get(row.metric, len(wording.METRIC_ORDER)),
                wording.natural(row.target_id),
                wording.natural(self.service_name(row.service_id) if row.service_id else ""),
                row.agreement_version,
            ),
        )

    def agreement_of(self, figure: Figure) -> Agreement:
        """The agreement version of a row."""
        return self.dimensions.agreements[self._agreement_key(figure)]

    @cached_property
    def zones(self) -> list[str]:
        """Zones in which the page's agreements count their days."""
        return sorted({agreement.time_zone for agreement in self.agreements})

    @property
    def zone(self) -> str:
        """The zone in which the page tells instants: that of its first agreement."""
        return self.agreements[0].time_zone if self.agreements else "UTC"

    def service_name(self, service_id: str) -> str:
        """The service's name, or its id where no document declares it."""
        return self.dimensions.services.get(service_id, service_id)

    def target_name(self, figure: Figure) -> str:
        """P1 resolve; Uptime of Actions, where the verdict is the service's own."""
        name = wording.target_name(figure.target_id)
        return f"{name} of {self.service_name(figure.service_id)}" if figure.service_id else name

    def versions(self, agreement_id: str) -> list[int]:
        """Versions of the agreement on the page, the earliest first."""
        return sorted(
            agreement.agreement_version for agreement in self.agreements if agreement.agreement_id == agreement_id
        )

    def former_version(self, agreement_id: str, version: int) -> str:
        """ ", version 1" for a version that a later one on the page has replaced; else nothing."""
        return f", version {version}" if version != self.versions(agreement_id)[-1] else ""

    def bounds(self, zone: str) -> tuple[datetime, datetime]:
        """The period as naive UTC instants, end exclusive, in the days of `zone`."""
        return instant_of(self.key.period_start, zone), instant_of(self.period_end, zone)

    @cached_property
    def delays(self) -> list[Delay]:
        """What the page's agreements do not know of late, by agreement."""
        shown = {agreement.agreement_id for agreement in self.agreements}
        return [delay for delay in self.facts.delays if delay.agreement_id in shown]

    @cached_property
    def withheld(self) -> list[Withheld]:
        """The page's agreements whose figures are withheld."""
        shown = {agreement.agreement_id for agreement in self.agreements}
        return [withheld for withheld in self.facts.withheld if withheld.agreement_id in shown]

    def agreement_names(self) -> list[str]:
        """Each agreement once, with its versions: "Desk SLA, versions 1 and 2"."""
        names = {}
        for agreement in self.agreements:
            versions = [str(version) for version in self.versions(agreement.agreement_id)]
            word = "version" if len(versions) == 1 else "versions"
            names[agreement.agreement_id] = f"{agreement.display_name}, {word} {wording.listed(versions)}"
        return list(names.values())

    @cached_property
    def edition(self) -> Edition | None:
        """Where the page's figures were published, if its period is closed and all of them are on record.

        Such a page is the same in every release until one of them changes.
        """
        is_closed = all(figure.period_status == "closed" for figure in self.figures)
        if self.is_running or not self.figures or not is_closed or self.delays or self.withheld:
            return None
        key = (self.key.period_type, self.key.period_start)
        return next((row for row in self.facts.editions if (row.period_type, row.period_start) == key), None)

    @property
    def is_running(self) -> bool:
        """Whether the period was not over at as_of."""
        return self.release.as_of_at < self.bounds(self.zone)[1]


def instant_of(day: date, zone: str) -> datetime:
    """The start of a local day, naive UTC."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC).replace(tzinfo=None)

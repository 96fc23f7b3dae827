"""The page model: what stands on a page, as plain data, ready to be set.

Belongs here: frozen dataclasses of finished texts, states and chart geometry, the same for every output format.
Does not belong here: reading (`queries`), deciding what stands where (`pages`), markup (templates).
Filled by `pages`, read by the templates, which calculate nothing.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Badge:
    """A state as a symbol and a word. symbol: met, near, missed, none or absent."""

    symbol: str
    word: str


@dataclass(frozen=True)
class Link:
    """A relative address and its words."""

    href: str
    text: str


@dataclass(frozen=True)
class Point:
    """A place in a chart, in its own units."""

    x: float
    y: float


@dataclass(frozen=True)
class Dot:
    """A period's value in a trend. symbol as in Badge; `is_current`: the page's own period."""

    at: Point
    symbol: str
    is_current: bool
    text: str


@dataclass(frozen=True)
class Trend:
    """A line of periods with the target on it. `lines` are stretches without a gap; `target` is one step per period."""

    width: int
    height: int
    lines: list[list[Point]]
    target: list[list[Point]]
    dots: list[Dot]
    target_label: str
    label_at: Point
    summary: str


@dataclass(frozen=True)
class Bar:
    """Used share of an error budget; `mark` is where the budget ends. `is_cut`: the bar goes on beyond the scale."""

    width: int
    height: int
    length: float
    mark: float
    symbol: str
    is_cut: bool
    summary: str


@dataclass(frozen=True)
class RibbonDay:
    """A day of a ribbon. state: up, down, excluded, unmeasured, closed (nothing agreed) or ahead."""

    x: float
    width: float
    state: str
    text: str


@dataclass(frozen=True)
class Ribbon:
    """The days of a period, side by side. `ticks` are labels below, each with its place in percent of the width."""

    width: int
    height: int
    days: list[RibbonDay]
    ticks: list[tuple[float, str]]
    summary: str


@dataclass(frozen=True)
class Interval:
    """A value on a scale with its 95 % interval, and the bounds if nobody asked had answered, where known."""

    width: int
    height: int
    value: float
    low: float | None
    high: float | None
    outer_low: float | None
    outer_high: float | None
    summary: str


@dataclass(frozen=True)
class Head:
    """What the page is about and what it rests on. `state` is the period's: running, preliminary or closed.

    `edition`: of the closed figures, which `release_id` published; None = the figures are those of the release that is
    read, and so is the certificate.
    """

    customer: str
    customer_id: str
    project: str
    period: str
    days: str
    zones: str
    state: Badge
    state_note: str
    as_of: str
    release_id: str
    edition: int | None
    certificate: Badge
    certificate_note: str
    previous: Link | None
    following: Link | None
    csv: Link
    agreements: list[str]


@dataclass(frozen=True)
class Tile:
    """A figure at a glance, with what it is out of."""

    label: str
    value: str
    note: str
    symbol: str


@dataclass(frozen=True)
class Verdict:
    """Two sentences, what is not known of late, and a few figures."""

    first: str
    second: str
    notices: list[str]
    tiles: list[Tile]


@dataclass(frozen=True)
class GridColumn:
    """A period of the grid."""

    name: str
    year: str
    full_name: str
    is_current: bool
    is_running: bool


@dataclass(frozen=True)
class GridEntry:
    """A verdict in a cell. `count` ends with the agreement version where a row holds several and it changes."""

    badge: Badge
    value: str
    count: str
    spoken: str


@dataclass(frozen=True)
class GridRow:
    """A target over the periods; each cell holds one verdict, or one per agreement version, or none."""

    name: str
    note: str
    goal: str
    cells: list[list[GridEntry]]


@dataclass(frozen=True)
class GridGroup:
    """The rows of one agreement."""

    heading: str
    rows: list[GridRow]


@dataclass(frozen=True)
class Grid:
    """Target x period."""

    columns: list[GridColumn]
    groups: list[GridGroup]


@dataclass(frozen=True)
class TargetRow:
    """A target in this period. `open_*` are counts of clocks that had not stopped; empty where it has no clocks.

    Of a withheld figure neither these nor `met` and `counted` say anything.
    """

    name: str
    note: str
    description: str
    badge: Badge
    result: str
    goal: str
    met: str
    counted: str
    excluded: str
    open_within: str
    open_paused: str
    open_over: str
    change: str
    change_note: str
    flags: list[str]
    trend: Trend | None


@dataclass(frozen=True)
class TargetGroup:
    """The targets of one agreement."""

    heading: str
    note: str
    rows: list[TargetRow]


@dataclass(frozen=True)
class ForecastRow:
    """A target of a running period: what is counted, what is to come, and what it can bear. `state`: breaches left."""

    name: str
    note: str
    goal: str
    so_far: str
    to_come: str
    to_come_note: str
    must: str
    chance: str
    chance_note: str
    breaches: str
    allowed: str
    allowed_note: str
    state: Badge


@dataclass(frozen=True)
class ForecastSection:
    """How a running period is likely to end."""

    rows: list[ForecastRow]
    note: str


@dataclass(frozen=True)
class WorkloadRow:
    """Tickets against the limit up to which an agreement binds."""

    agreement: str
    period: str
    period_note: str
    tickets: str
    limit: str
    share: str
    state: Badge


@dataclass(frozen=True)
class WorkloadSection:
    """Periods of limits that touch the page's period; `note` says which of them are not listed."""

    rows: list[WorkloadRow]
    note: str


@dataclass(frozen=True)
class PauseRow:
    """What pauses did to one target."""

    name: str
    note: str
    share: str
    share_note: str
    tickets: str
    pauses: str
    pauses_note: str
    without_question: str
    near_breach: str
    longest: str
    met_by_pause: str


@dataclass(frozen=True)
class PauseSection:
    """Targets with a pause; `note` names how many have none."""

    rows: list[PauseRow]
    note: str


@dataclass(frozen=True)
class RuleCell:
    """A verdict under one rule. `is_agreed`: it is the published figure."""

    label: str
    badge: Badge
    result: str
    count: str
    is_agreed: bool


@dataclass(frozen=True)
class RuleRow:
    """A target under every rule, in the order of the columns."""

    name: str
    note: str
    goal: str
    cells: list[RuleCell]


@dataclass(frozen=True)
class RuleSection:
    """Targets that come out differently under another rule. Columns by what they vary, with their heads."""

    attribution: list[str]
    reopen: list[str]
    rows: list[RuleRow]
    note: str


@dataclass(frozen=True)
class DecisionRow:
    """A decision that bears on the period, and who took it."""

    what: str
    subject: str
    reason: str
    evidence: str
    requested_by: str
    decided_by: list[str]
    decided: str
    outcome: Badge
    effect: str


@dataclass(frozen=True)
class DecisionSection:
    """Decisions that bear on the period."""

    rows: list[DecisionRow]
    zone: str


@dataclass(frozen=True)
class AvailabilityRow:
    """A service under an availability target in this period."""

    service: str
    note: str
    badge: Badge
    result: str
    bounds: str
    goal: str
    agreed: str
    downtime: str
    downtime_note: str
    excluded: str
    unmeasured: str
    budget: str
    budget_used: str
    budget_bar: Bar | None
    failures: str
    mtrs: str
    mtrs_note: str
    mtbf: str
    mtbf_note: str
    longest: str
    other_view: str
    burn: str
    ribbon: Ribbon
    days_note: str


@dataclass(frozen=True)
class OutageRow:
    """A stretch of trouble, and how the agreement lets it count."""

    service: str
    started: str
    ended: str
    length: str
    kind: str
    attributed_to: str
    counts: str


@dataclass(frozen=True)
class NoticeRow:
    """How soon the failures of a service were noticed and told."""

    service: str
    failures: str
    noticed: str
    noticed_note: str
    told: str
    told_note: str
    told_first: str
    down_again: str


@dataclass(frozen=True)
class MomentRow:
    """Whether a service was there in its moments of truth."""

    service: str
    moments: str
    there: str
    result: str
    chain_result: str
    down: str


@dataclass(frozen=True)
class AvailabilitySection:
    """Services, then the stretches of trouble behind their figures. `outages_note` says which are not listed."""

    rows: list[AvailabilityRow]
    outages: list[OutageRow]
    outages_zone: str
    outages_note: str
    notices: list[NoticeRow]
    moments: list[MomentRow]
    csv: Link | None


@dataclass(frozen=True)
class OverrunRow:
    """A breached clock."""

    ticket: str
    target: str
    service: str
    priority: str
    opened: str
    on_clock: str
    allowed: str
    over: str
    why: str
    state: Badge


@dataclass(frozen=True)
class CauseRow:
    """One cause over all breached clocks of the period."""

    cause: str
    share: str
    breaches: str
    avoidable: str
    confidence: str


@dataclass(frozen=True)
class OverrunSection:
    """What the breached clocks of the period went on, then the largest overruns; `note` says out of how many."""

    causes: list[CauseRow]
    rows: list[OverrunRow]
    zone: str
    note: str
    csv: Link | None


@dataclass(frozen=True)
class ExperienceRow:
    """Answers to one question about one service."""

    name: str
    service: str
    period: str
    answers: str
    asked: str
    result: str
    result_label: str
    interval: str
    bounds: str
    mean: str
    chart: Interval | None


@dataclass(frozen=True)
class ExperienceSection:
    """What customers said. `has_period`: not all answers are of the page's own period; `notes` say how to read them."""

    rows: list[ExperienceRow]
    has_period: bool
    notes: list[str]


@dataclass(frozen=True)
class QualitySection:
    """How far the figures can be trusted."""

    sentences: list[str]
    warnings: list[str]


@dataclass(frozen=True)
class Definition:
    """A term and its sentences."""

    term: str
    texts: list[str]


@dataclass(frozen=True)
class MethodSection:
    """How everything on the page is measured: every definition and every contested choice in force."""

    general: list[str]
    metrics: list[Definition]
    targets: list[Definition]
    policies: list[Definition]
    calendars: list[Definition]
    signatories: list[str]


@dataclass(frozen=True)
class Section:
    """A heading of the page, in its order; `anchor` also names the section's template."""

    anchor: str
    title: str


@dataclass(frozen=True)
class Page:
    """One customer and period. `sections` are the headings; what is None under a heading says so in words."""

    folder: str
    file_name: str
    head: Head
    verdict: Verdict
    grid: Grid | None
    targets: list[TargetGroup]
    has_clocks: bool
    forecast: ForecastSection | None
    workload: WorkloadSection | None
    availability: AvailabilitySection | None
    overruns: OverrunSection | None
    pauses: PauseSection | None
    rules: RuleSection | None
    experience: ExperienceSection | None
    decisions: DecisionSection | None
    quality: QualitySection
    method: MethodSection
    sections: list[Section]
    is_withheld: bool
    met_count: int
    missed_count: int
    near_count: int
    no_data_count: int

    @property
    def path(self) -> str:
        """Where the page lies in the pack."""
        return f"{self.folder}/{self.file_name}.html"


@dataclass(frozen=True)
class IndexRow:
    """A page in the index."""

    link: Link
    days: str
    state: Badge
    met: str
    near: str
    missed: str
    no_data: str
    csv: Link
    overall: Badge


@dataclass(frozen=True)
class IndexGroup:
    """The pages of a customer, the latest period first."""

    customer: str
    anchor: str
    rows: list[IndexRow]


@dataclass(frozen=True)
class Index:
    """The first page of the pack."""

    project: str
    as_of: str
    release_id: str
    certificate: Badge
    certificate_note: str
    groups: list[IndexGroup]

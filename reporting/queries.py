"""What the pages read from a finished release: selects on published tables, one record type per grain.

Belongs here: SQL and the records that come back, with the columns' own names and units.
Does not belong here: what stands on a page (`pages`), wording, anything that is not a plain read.
First step of `pack`. All instants are naive UTC, all days local to their agreement, durations whole seconds.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from reporting.errors import ReportError

Record = TypeVar("Record")

# Of the certificate, what a customer is shown: the checks of its own agreements and those about the whole release.
_SHOWN_TO_CUSTOMER = """
    agreement_id is null
    or agreement_id in (select agreement_id from marts.dim_agreement where agreement_type = 'SLA' and consumer_id = ?)
"""

_NEEDED_TABLES = (
    "certificate_check", "dim_agreement", "dim_calendar", "dim_customer", "dim_decision", "dim_metric", "dim_service",
    "dim_target", "fct_breach_attribution", "fct_outage", "fct_service_availability", "fct_ticket", "fct_ticket_sla",
    "figure", "figure_quality", "load_audit", "release", "rpt_availability", "rpt_definition_sensitivity",
    "rpt_experience", "rpt_failure_notice", "rpt_moment_of_truth", "rpt_month_end_forecast", "rpt_pause_audit",
    "rpt_sla_scorecard",
    "rpt_sla_target", "rpt_target_sensitivity", "rpt_unmatched_ticket", "rpt_workload",
)  # fmt: skip


@dataclass(frozen=True)
class Release:
    """The release that is read. `passed_count` and `failed_count`: checks on its certificate, or those of them that a
    customer is shown."""

    release_id: str
    project: str
    as_of_at: datetime
    passed_count: int
    failed_count: int


@dataclass(frozen=True)
class FailedCheck:
    """A check that failed without stopping the release."""

    kind: str
    table_name: str
    description: str | None
    observed: str | None
    bounds: str | None


@dataclass(frozen=True)
class QualityCheck:
    """A check of the certificate. `agreement_id` None = it is about the whole release."""

    agreement_id: str | None
    table_name: str
    check_id: str
    description: str | None
    observed: str | None
    bounds: str | None
    is_successful: bool


@dataclass(frozen=True)
class TouchedFigure:
    """A figure with affected tickets, unmeasured time, withheld, or without one of its sources.

    Seconds are null unless it is an availability.
    """

    figure_key: str
    ticket_count: int
    affected_ticket_count: int
    agreed_seconds: int | None
    unmeasured_seconds: int | None
    withheld_reason: str | None
    unread_sources: str | None
    unknown_since_at: datetime | None


@dataclass(frozen=True)
class Edition:
    """Release in which the latest edition of any of a customer's closed figures of a period was published."""

    period_type: str
    period_start: date
    edition: int
    release_id: str
    as_of_at: datetime


@dataclass(frozen=True)
class Delay:
    """An agreement without some of its sources: they could not be read, and nothing later is known."""

    agreement_id: str
    unread_sources: str
    unknown_since_at: datetime


@dataclass(frozen=True)
class Withheld:
    """An agreement whose figures are withheld, and why."""

    agreement_id: str
    reason: str


@dataclass(frozen=True)
class Load:
    """All loads of one feed of a source, in records."""

    source: str
    feed: str
    load_count: int
    landed_count: int
    accepted_count: int
    quarantined_count: int
    after_as_of_count: int
    last_loaded_at: datetime


@dataclass(frozen=True)
class Agreement:
    """An agreement version with its policies. Ratios 0 to 1."""

    agreement_id: str
    agreement_version: int
    display_name: str
    provider_id: str
    consumer_id: str
    valid_from_at: datetime
    valid_to_at: datetime | None
    time_zone: str
    attribution: str
    reopen_mode: str
    reopen_window_days: int
    priority_change: str
    no_reply: str
    low_volume_min_denominator: int
    excluded_time: str
    exclude_attributed_to: str | None
    unmeasured: str
    min_outage_seconds: int
    outage_weight_ratio: float
    partial_weight_ratio: float
    degraded_weight_ratio: float
    has_maintenance_terms: bool
    maintenance_announced_seconds: int | None
    maintenance_windows: str
    maintenance_monthly_seconds: int | None
    inherited_downtime: str
    staleness_seconds: int | None
    close_after_working_days: int

    @property
    def key(self) -> tuple[str, int]:
        """Agreement and version."""
        return self.agreement_id, self.agreement_version


@dataclass(frozen=True)
class Target:
    """A target of an agreement version."""

    agreement_id: str
    agreement_version: int
    target_id: str
    metric: str
    description: str
    target_ratio: float
    calendar_id: str | None
    per: str


@dataclass(frozen=True)
class Metric:
    """A metric's definition."""

    metric: str
    formula: str
    plain_text: str


@dataclass(frozen=True)
class Calendar:
    """A calendar and its hours in words."""

    calendar_id: str
    display_name: str
    is_always_open: bool
    hours_text: str
    version_count: int


@dataclass(frozen=True)
class Dimensions:
    """The names and rules that figures refer to, by key."""

    customers: dict[str, str]
    services: dict[str, str]
    agreements: dict[tuple[str, int], Agreement]
    targets: dict[tuple[str, int, str], Target]
    metrics: dict[str, Metric]
    calendars: dict[str, Calendar]


@dataclass(frozen=True, order=True)
class PageKey:
    """A customer's reporting period of one type."""

    customer_id: str
    period_type: str
    period_start: date


@dataclass(frozen=True)
class Figure:
    """A row of rpt_sla_target (service_id None) or rpt_sla_scorecard. `is_verdict`: the objective is judged here."""

    report_table: str
    agreement_id: str
    agreement_version: int
    target_id: str
    service_id: str | None
    metric: str
    period_type: str
    period_start: date
    period_end: date
    period_status: str
    numerator: int
    denominator: int
    attainment_ratio: float | None
    target_ratio: float
    status: str
    is_at_risk: bool
    is_low_volume: bool
    ci_low_ratio: float | None
    ci_high_ratio: float | None
    excluded_count: int
    numerator_without_exclusions: int
    denominator_without_exclusions: int
    open_within_target_count: int
    open_paused_count: int
    open_breached_count: int
    is_verdict: bool

    @property
    def row_key(self) -> tuple[str, str, str]:
        """The same target, of whatever version, over the same services ("" = all of the agreement)."""
        return self.agreement_id, self.target_id, self.service_id or ""

    @property
    def has_figure(self) -> bool:
        """Whether anything was counted."""
        return self.denominator > 0


@dataclass(frozen=True)
class Availability:
    """A row of rpt_availability, in agreed seconds."""

    agreement_id: str
    agreement_version: int
    target_id: str
    service_id: str
    period_type: str
    period_start: date
    period_end: date
    numerator: int
    denominator: int
    target_ratio: float
    status: str
    is_at_risk: bool
    availability_ratio: float | None
    availability_low_ratio: float | None
    availability_high_ratio: float | None
    agreed_seconds: int
    excluded_seconds: int
    unmeasured_seconds: int
    downtime_seconds: int
    weighted_downtime_seconds: int
    failure_count: int
    mtrs_seconds: int | None
    mtbf_seconds: int | None
    longest_outage_seconds: int | None
    error_budget_seconds: int | None
    error_budget_used_ratio: float | None
    error_budget_burn_rate: float | None
    is_provisional: bool
    maintenance_downtime_seconds: int
    mtrs_p50_seconds: int | None
    mtrs_p90_seconds: int | None
    mtbf_p50_seconds: int | None
    own_downtime_seconds: int
    own_up_seconds: int
    own_counted_seconds: int
    chain_downtime_seconds: int
    chain_up_seconds: int
    chain_counted_seconds: int

    @property
    def scope(self) -> tuple[str, int, str, str]:
        """Whose availability this is."""
        return self.agreement_id, self.agreement_version, self.target_id, self.service_id


@dataclass(frozen=True)
class AvailabilityDay:
    """A local day of one scope, in agreed seconds."""

    agreement_id: str
    agreement_version: int
    target_id: str
    service_id: str
    period_start: date
    date: date
    agreed_seconds: int
    excluded_seconds: int
    unmeasured_seconds: int
    downtime_seconds: int


@dataclass(frozen=True)
class Outage:
    """A maximal stretch of one kind of trouble of a service. `ended_at` None = open at as_of."""

    service_id: str
    started_at: datetime
    ended_at: datetime | None
    kind: str
    attributed_to: str | None
    wall_seconds: int
    is_open: bool


@dataclass(frozen=True)
class Breach:
    """A breached instance of a clock that its period counts."""

    agreement_id: str
    agreement_version: int
    target_id: str
    period_start: date
    ticket_key: str
    source: str
    ticket_id: str
    cycle_number: int
    service_id: str
    priority: str | None
    opened_at: datetime
    started_at: datetime
    due_at: datetime | None
    breached_at: datetime | None
    stopped_at: datetime | None
    on_clock_seconds: int
    paused_seconds: int
    excluded_seconds: int
    threshold_seconds: int


@dataclass(frozen=True)
class Cause:
    """Part of a breached clock with one cause: a row of fct_breach_attribution."""

    agreement_id: str
    agreement_version: int
    target_id: str
    period_start: date
    ticket_key: str
    cycle_number: int
    cause: str
    cause_seconds: int
    on_clock_seconds: int
    share_ppm: int
    confidence: str
    counterfactual_met: bool


@dataclass(frozen=True)
class FailureNotice:
    """A row of rpt_failure_notice, by period of the project's zone."""

    service_id: str
    period_type: str
    period_start: date
    failure_count: int
    detected_count: int
    notified_count: int
    detection_p50_seconds: int | None
    detection_p90_seconds: int | None
    notification_p50_seconds: int | None
    notification_p90_seconds: int | None
    notified_first_count: int
    notice_decided_count: int
    false_all_clear_count: int


@dataclass(frozen=True)
class Moments:
    """A row of rpt_moment_of_truth, by period of the project's zone."""

    service_id: str
    period_type: str
    period_start: date
    occurrence_count: int
    ok_count: int
    known_count: int
    ok_weight_ppm: int
    known_weight_ppm: int
    chain_ok_weight_ppm: int
    chain_known_weight_ppm: int
    down_seconds: int


@dataclass(frozen=True)
class Experience:
    """A row of rpt_experience. service_id None = answers about no service in particular."""

    service_id: str | None
    item: str
    kind: str | None
    period_type: str
    period_start: date
    period_end: date
    response_count: int
    invitation_count: int
    response_ratio: float | None
    top2_count: int
    top2_ratio: float | None
    top2_ci_low_ratio: float | None
    top2_ci_high_ratio: float | None
    mean_score: float
    mean_ci_low: float | None
    mean_ci_high: float | None
    promoter_count: int
    detractor_count: int
    nps: float | None
    nps_ci_low: float | None
    nps_ci_high: float | None
    worst_case_low_ratio: float | None
    worst_case_high_ratio: float | None


@dataclass(frozen=True)
class NotedTicket:
    """A ticket that data quality has something to say about: `reason` unmatched as in agreement_match, or
    `quarantined_events`."""

    opened_at: datetime
    reason: str


@dataclass(frozen=True)
class Forecast:
    """A row of rpt_month_end_forecast with anything counted or expected; counts of clocks."""

    agreement_id: str
    agreement_version: int
    target_id: str
    service_id: str | None
    metric: str
    period_type: str
    period_start: date
    numerator: int
    denominator: int
    target_ratio: float
    open_due_count: int
    history_period_count: int
    expected_count: int
    required_count: int
    prior_met_count: int
    prior_count: int
    prior_weight: float
    meet_probability: float
    breach_count: int
    budget_count: int
    forecast_budget_count: int
    forecast_budget_left_count: int
    is_next_breach_failing: bool


@dataclass(frozen=True)
class Workload:
    """A period of an agreement's workload limit."""

    agreement_id: str
    agreement_version: int
    period_type: str
    period_start: date
    period_end: date
    is_running: bool
    is_partly_valid: bool
    ticket_count: int
    limit_count: int
    is_over_limit: bool


@dataclass(frozen=True)
class PauseAudit:
    """Rows of rpt_pause_audit, summed over the services of a target; open seconds."""

    agreement_id: str
    agreement_version: int
    target_id: str
    metric: str
    period_type: str
    period_start: date
    paused_seconds: int
    run_seconds: int
    ticket_count: int
    paused_ticket_count: int
    pause_count: int
    pause_without_question_count: int
    pause_near_breach_count: int
    pause_outside_hours_count: int
    longest_pause_seconds: int
    met_count: int
    met_by_pause_count: int


@dataclass(frozen=True)
class RuleFigure:
    """A verdict under one rule: a row of rpt_target_sensitivity, or of rpt_definition_sensitivity (service_id)."""

    agreement_id: str
    agreement_version: int
    target_id: str
    service_id: str | None
    metric: str
    period_type: str
    period_start: date
    rule_kind: str
    rule: str
    is_agreed_rule: bool
    numerator: int
    denominator: int
    target_ratio: float
    status: str


@dataclass(frozen=True)
class Decided:
    """A Decision about one of the customer's agreements. `opened_at`: of its ticket, where one is known."""

    decision_id: str
    decision_kind: str
    agreement_id: str
    target_id: str | None
    ticket_id: str | None
    interval_from_at: datetime | None
    interval_to_at: datetime | None
    reason: str
    evidence: str | None
    requested_by: str | None
    decided_by_provider: str | None
    decided_by_consumer: str | None
    decided_at: datetime | None
    outcome: str
    is_in_force: bool
    affected_count: int
    opened_at: datetime | None


@dataclass(frozen=True)
class CustomerFacts:
    """Everything the release knows of one customer that its pages may need."""

    figures: list[Figure]
    availability: list[Availability]
    days: list[AvailabilityDay]
    outages: list[Outage]
    breaches: list[Breach]
    causes: list[Cause]
    notices: list[FailureNotice]
    moments: list[Moments]
    experience: list[Experience]
    noted_tickets: list[NotedTicket]
    forecasts: list[Forecast]
    workload: list[Workload]
    pauses: list[PauseAudit]
    rule_figures: list[RuleFigure]
    decisions: list[Decided]
    delays: list[Delay]
    withheld: list[Withheld]
    editions: list[Edition]


class ReleaseReader:
    """Reads one release database. Use as a context manager; nothing is written to the file."""

    def __init__(self, database: Path) -> None:
        """Raises ReportError if the file is no finished release."""
        if not database.is_file():
            raise ReportError(f"{database}: no such file; the report pack is written from a finished release database")
        self._connection = duckdb.connect(
            str(database),
            read_only=True,
            config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"},
        )
        try:
            self._demand_tables(database)
        except BaseException:
            self._connection.close()
            raise

    def __enter__(self) -> "ReleaseReader":
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def _demand_tables(self, database: Path) -> None:
        found = {
            name
            for (name,) in self._connection.execute(
                "select table_name from information_schema.tables where table_schema = 'marts'"
            ).fetchall()
        }
        missing = [table for table in _NEEDED_TABLES if table not in found]
        if missing:
            raise ReportError(
                f"{database}: the schema marts lacks {', '.join(missing)}; "
                "the report pack needs a release that was built to its end"
            )

    def _records(self, kind: type[Record], select: str, parameters: Sequence[Any] = ()) -> list[Record]:
        """One record per row of `select`, whose columns are matched to the fields by name."""
        names = [field.name for field in dataclasses.fields(kind)]  # type: ignore[arg-type]
        rows = self._connection.execute(f"select {', '.join(names)} from ({select})", list(parameters)).fetchall()
        return [kind(*row) for row in rows]

    def release(self, customer_id: str | None = None) -> Release:
        """The release's own row, with its certificate counted: all of it, or what this customer is shown."""
        select = f"""
            select release.*, counts.passed_count, counts.failed_count
            from marts.release as release
            cross join (
                select
                    count(*) filter (where is_successful) as passed_count,
                    count(*) filter (where not is_successful) as failed_count
                from marts.certificate_check
                where {"true" if customer_id is None else _SHOWN_TO_CUSTOMER}
            ) as counts
        """
        (row,) = self._records(Release, select, [] if customer_id is None else [customer_id])
        return row

    def failed_checks(self, customer_id: str) -> list[FailedCheck]:
        """Checks that failed as warnings and that this customer is shown, by table."""
        return self._records(
            FailedCheck,
            f"""
            select * from marts.certificate_check
            where not is_successful and ({_SHOWN_TO_CUSTOMER})
            order by table_name, check_id, agreement_id
            """,
            [customer_id],
        )

    def quality_checks(self, kind: str | None) -> list[QualityCheck]:
        """Checks of one kind; of any kind those that failed, if `kind` is None. By table."""
        where = "not is_successful" if kind is None else f"kind = '{kind}'"
        return self._records(
            QualityCheck,
            f"select * from marts.certificate_check where {where} order by table_name, check_id, agreement_id",
        )

    def touched_figures(self) -> list[TouchedFigure]:
        """Figures that data quality has something to say about, by key."""
        return self._records(
            TouchedFigure,
            """
            select * from marts.figure_quality
            where
                affected_ticket_count > 0 or unmeasured_seconds > 0
                or withheld_reason is not null or unread_sources is not null
            order by figure_key
            """,
        )

    def loads(self) -> list[Load]:
        """One row per source and feed, all loads summed."""
        return self._records(
            Load,
            """
            select
                source,
                feed,
                count(*) as load_count,
                cast(sum(landed_count) as bigint) as landed_count,
                cast(sum(accepted_count) as bigint) as accepted_count,
                cast(sum(quarantined_count) as bigint) as quarantined_count,
                cast(sum(after_as_of_count) as bigint) as after_as_of_count,
                max(loaded_at) as last_loaded_at
            from marts.load_audit
            group by source, feed
            order by source, feed
            """,
        )

    def dimensions(self) -> Dimensions:
        """Names and rules."""
        agreements = self._records(
            Agreement, "select * from marts.dim_agreement where agreement_type = 'SLA' order by all"
        )
        targets = self._records(Target, "select * from marts.dim_target order by all")
        return Dimensions(
            customers=self._names("select customer_id, display_name from marts.dim_customer"),
            services=self._names("select service_id, display_name from marts.dim_service"),
            agreements={row.key: row for row in agreements},
            targets={(row.agreement_id, row.agreement_version, row.target_id): row for row in targets},
            metrics={row.metric: row for row in self._records(Metric, "select * from marts.dim_metric")},
            calendars={row.calendar_id: row for row in self._records(Calendar, "select * from marts.dim_calendar")},
        )

    def _names(self, select: str) -> dict[str, str]:
        return {key: name or key for key, name in self._connection.execute(f"{select} order by all").fetchall()}

    def page_keys(self) -> list[PageKey]:
        """Every customer and period of an agreement that has a figure, or whose figures are withheld, ordered.

        And the periods of survey answers that none of those overlaps, but for answers from before the customer's first
        figure: before there is an agreement to report on, there is no report.
        """
        return self._records(
            PageKey,
            """
            with agreed as (
                select distinct customer_id, period_type, period_start, period_end
                from marts.rpt_sla_target
                where agreement_type = 'SLA' and (denominator > 0 or status = 'withheld')
                union
                select distinct customer_id, period_type, period_start, period_end
                from marts.rpt_sla_scorecard
                where agreement_type = 'SLA' and (denominator > 0 or status = 'withheld')
            ),

            answered as (
                select distinct customer_id, period_type, period_start
                from marts.rpt_experience as experience
                where
                    response_count > 0
                    and customer_id is not null
                    and not exists (
                        select 1
                        from agreed
                        where
                            agreed.customer_id = experience.customer_id
                            and agreed.period_start < experience.period_end
                            and agreed.period_end > experience.period_start
                    )
                    and experience.period_start >= coalesce(
                        (select min(period_start) from agreed where agreed.customer_id = experience.customer_id),
                        experience.period_start
                    )
            )

            select customer_id, period_type, period_start from agreed
            union
            select customer_id, period_type, period_start from answered
            order by all
            """,
        )

    def gather(self, first_start: date) -> None:
        """Afterwards breaches of periods from `first_start` on, and tickets of note, are at hand for `customer_facts`.

        The large facts are scanned once, not once for each customer. Of withheld agreements nothing is gathered: what a
        page counts of them would be the figure.
        """
        self._connection.execute(
            """
            create or replace temp table withheld_agreement as
            select distinct agreement_id from marts.figure_quality where withheld_reason is not null
            """
        )
        self._connection.execute(
            """
            create or replace temp table gathered_breach as
            select sla.*, tickets.opened_at
            from marts.fct_ticket_sla as sla
            inner join marts.fct_ticket as tickets on sla.ticket_key = tickets.ticket_key
            where
                sla.state = 'breached'
                and sla.period_start >= ?
                and sla.agreement_id not in (select agreement_id from withheld_agreement)
            """,
            [first_start],
        )
        self._connection.execute(
            """
            create or replace temp table gathered_cause as
            select * from marts.fct_breach_attribution
            where period_start >= ? and agreement_id not in (select agreement_id from withheld_agreement)
            """,
            [first_start],
        )
        self._connection.execute(
            """
            create or replace temp table gathered_note as
            select customer_id, opened_at, agreement_match as reason from marts.rpt_unmatched_ticket
            union all
            select customer_id, opened_at, 'quarantined_events' as reason
            from marts.fct_ticket
            where has_quarantined_events
            """
        )

    def customer_facts(self, customer_id: str, first_start: date) -> CustomerFacts:
        """What the pages of one customer need, from periods that start on `first_start` or later (outages: all that
        touch an agreed service). Everything is ordered."""
        return CustomerFacts(
            figures=self._figures(customer_id, first_start),
            editions=self._records(
                Edition,
                """
                select period_type, period_start, edition, release_id, as_of_at
                from marts.figure
                where customer_id = ? and period_start >= ? and edition is not null
                qualify row_number() over (
                    partition by period_type, period_start
                    order by as_of_at desc, sequence_number desc, edition desc, release_id
                ) = 1
                """,
                [customer_id, first_start],
            ),
            availability=self._records(
                Availability,
                """
                select * from marts.rpt_availability
                where
                    agreement_type = 'SLA' and customer_id = ? and period_start >= ?
                    and status is distinct from 'withheld'
                order by all
                """,
                [customer_id, first_start],
            ),
            days=self._records(
                AvailabilityDay,
                """
                select days.*
                from marts.fct_service_availability as days
                inner join marts.dim_agreement as agreements
                    on
                        days.agreement_id = agreements.agreement_id
                        and days.agreement_version = agreements.agreement_version
                where
                    agreements.consumer_id = ? and days.period_start >= ?
                    and days.agreement_id not in (select agreement_id from withheld_agreement)
                order by all
                """,
                [customer_id, first_start],
            ),
            outages=self._records(
                Outage,
                """
                select * from marts.fct_outage
                where
                    service_id in (
                        select service_id from marts.rpt_availability
                        where agreement_type = 'SLA' and customer_id = ? and period_start >= ?
                    )
                    -- a day earlier than the period: no zone is further from UTC
                    and coalesce(ended_at, timestamp '9999-12-31') > cast(? as timestamp) - interval 1 day
                order by started_at, service_id, kind
                """,
                [customer_id, first_start, first_start],
            ),
            breaches=self._records(
                Breach,
                """
                select breaches.*
                from gathered_breach as breaches
                inner join marts.dim_agreement as agreements
                    on
                        breaches.agreement_id = agreements.agreement_id
                        and breaches.agreement_version = agreements.agreement_version
                where agreements.agreement_type = 'SLA' and agreements.consumer_id = ? and breaches.period_start >= ?
                order by
                    breaches.on_clock_seconds - breaches.threshold_seconds desc,
                    breaches.ticket_key, breaches.target_id, breaches.cycle_number, breaches.agreement_version
                """,
                [customer_id, first_start],
            ),
            causes=self._records(
                Cause,
                """
                select causes.*
                from gathered_cause as causes
                inner join marts.dim_agreement as agreements
                    on
                        causes.agreement_id = agreements.agreement_id
                        and causes.agreement_version = agreements.agreement_version
                where agreements.agreement_type = 'SLA' and agreements.consumer_id = ? and causes.period_start >= ?
                order by
                    causes.ticket_key, causes.target_id, causes.cycle_number, causes.agreement_version,
                    causes.share_ppm desc, causes.cause
                """,
                [customer_id, first_start],
            ),
            notices=self._of_judged_services(FailureNotice, "rpt_failure_notice", customer_id, first_start),
            moments=self._of_judged_services(Moments, "rpt_moment_of_truth", customer_id, first_start),
            experience=self._records(
                Experience,
                """
                select * from marts.rpt_experience
                where customer_id = ? and period_end > ? and response_count > 0
                order by period_start, item, service_id nulls first
                """,
                [customer_id, first_start],
            ),
            noted_tickets=self._records(
                NotedTicket,
                "select * from gathered_note where customer_id = ? order by opened_at, reason",
                [customer_id],
            ),
            forecasts=self._records(
                Forecast,
                """
                select * from marts.rpt_month_end_forecast
                where agreement_type = 'SLA' and customer_id = ? and meet_probability is not null
                order by all
                """,
                [customer_id],
            ),
            workload=self._records(
                Workload,
                """
                select * from marts.rpt_workload
                where agreement_type = 'SLA' and customer_id = ? and period_end > ?
                order by agreement_id, agreement_version, period_start
                """,
                [customer_id, first_start],
            ),
            pauses=self._pauses(customer_id, first_start),
            rule_figures=self._rule_figures(customer_id, first_start),
            decisions=self._decisions(customer_id),
            delays=self._records(
                Delay,
                """
                select distinct agreement_id, unread_sources, unknown_since_at
                from marts.figure_quality
                where customer_id = ? and unread_sources is not null
                order by all
                """,
                [customer_id],
            ),
            withheld=self._records(
                Withheld,
                """
                select distinct agreement_id, withheld_reason as reason
                from marts.figure_quality
                where customer_id = ? and withheld_reason is not null
                order by all
                """,
                [customer_id],
            ),
        )

    def _pauses(self, customer_id: str, first_start: date) -> list[PauseAudit]:
        sums = (
            "paused_seconds", "run_seconds", "ticket_count", "paused_ticket_count", "pause_count",
            "pause_without_question_count", "pause_near_breach_count", "pause_outside_hours_count", "met_count",
            "met_by_pause_count",
        )  # fmt: skip
        return self._records(
            PauseAudit,
            f"""
            select
                agreement_id, agreement_version, target_id, metric, period_type, period_start,
                {", ".join(f"cast(sum({column}) as bigint) as {column}" for column in sums)},
                max(longest_pause_seconds) as longest_pause_seconds
            from marts.rpt_pause_audit
            where agreement_type = 'SLA' and customer_id = ? and period_start >= ?
            group by all
            having sum(pause_count) > 0
            order by all
            """,
            [customer_id, first_start],
        )

    def _rule_figures(self, customer_id: str, first_start: date) -> list[RuleFigure]:
        """Where a target is judged for each service, the services' rows; else those of the target."""
        return self._records(
            RuleFigure,
            """
            with rows as (
                select 'agreement' as per, cast(null as varchar) as service_id, * from marts.rpt_target_sensitivity
                union all by name
                select 'service' as per, * from marts.rpt_definition_sensitivity
            )

            select rows.*
            from rows
            inner join marts.dim_target as targets
                on
                    rows.agreement_id = targets.agreement_id
                    and rows.agreement_version = targets.agreement_version
                    and rows.target_id = targets.target_id
                    and rows.per = targets.per
            where rows.agreement_type = 'SLA' and rows.customer_id = ? and rows.period_start >= ?
            order by all
            """,
            [customer_id, first_start],
        )

    def _decisions(self, customer_id: str) -> list[Decided]:
        """What was decided by as_of about the customer's agreements, and what was refused, the latest first."""
        return self._records(
            Decided,
            """
            with opened as (
                select decisions.decision_id, min(tickets.opened_at) as opened_at
                from marts.dim_decision as decisions
                inner join marts.fct_ticket as tickets
                    on
                        decisions.ticket_id = tickets.ticket_id
                        and (decisions.source is null or decisions.source = tickets.source)
                group by decisions.decision_id
            )

            select decisions.*, opened.opened_at
            from marts.dim_decision as decisions
            left join opened on decisions.decision_id = opened.decision_id
            cross join marts.release as release
            where
                decisions.agreement_id in (
                    select agreement_id from marts.dim_agreement where agreement_type = 'SLA' and consumer_id = ?
                )
                and coalesce(decisions.decided_at <= release.as_of_at, true)
            order by decisions.decided_at desc nulls last, decisions.decision_id
            """,
            [customer_id],
        )

    def _of_judged_services(self, kind: type[Record], table: str, customer_id: str, first_start: date) -> list[Record]:
        """Rows of a report by service, of the services whose availability an agreement of the customer judges."""
        return self._records(
            kind,
            f"""
            select * from marts.{table}
            where
                period_start >= ?
                and service_id in (
                    select service_id from marts.rpt_availability
                    where agreement_type = 'SLA' and customer_id = ? and period_start >= ?
                )
            order by period_start, service_id
            """,
            [first_start, customer_id, first_start],
        )

    def _figures(self, customer_id: str, first_start: date) -> list[Figure]:
        """Verdicts, and the services' rows where the verdict spans the agreement."""
        return self._records(
            Figure,
            """
            with rows as (
                select 'rpt_sla_target' as report_table, null as service_id, * from marts.rpt_sla_target
                union all by name
                select 'rpt_sla_scorecard' as report_table, * from marts.rpt_sla_scorecard
            )

            select
                rows.*,
                coalesce(targets.per, 'agreement')
                = case rows.report_table when 'rpt_sla_target' then 'agreement' else 'service' end as is_verdict
            from rows
            left join marts.dim_target as targets
                on
                    rows.agreement_id = targets.agreement_id
                    and rows.agreement_version = targets.agreement_version
                    and rows.target_id = targets.target_id
            where rows.agreement_type = 'SLA' and rows.customer_id = ? and rows.period_start >= ?
            order by
                rows.period_start, rows.agreement_id, rows.agreement_version, rows.target_id,
                rows.report_table desc, rows.service_id nulls first
            """,
            [customer_id, first_start],
        )

"""Adapter `statuspage_incidents`: the public incidents of a status page, one JSON object per incident.

Belongs here: what an incident says about the services that its components stand for.
Does not belong here: file formats (readers); what a kind of outage costs in availability (agreements).
Sits between landing and the warehouse.
"""

from collections.abc import Sequence
from typing import Any, ClassVar, Self

import duckdb
from pydantic import Field, model_validator

from ingestion.adapters.base import all_columns, raw_records, raw_text, reject_faulty
from ingestion.cells import (
    Check,
    checks_table,
    first_failure,
    instant_with_offset,
    kind_checks,
    local_minutes_table,
    one_of,
    sentence,
    translated,
    trimmed,
    utc_of_walls,
    wall_time,
)
from ingestion.duplicates import keep_latest_records
from ingestion.feeds import CANONICAL_FEEDS, OUTAGE_KINDS
from ingestion.impacts import IGNORE, IMPACT_MAP, Impacts
from ingestion.landing import Load, RawFeed
from ingestion.options import Paths, SharedOptions
from ingestion.readers import FAULT_CODE, literal, quoted

FEED = "incidents"
_REQUIRED = ("id", "impact", "downtime_start")
_INSTANTS = ("started_at", "ended_at", "first_update_at")
_CONTENT = ("impact", "started_at", "ended_at", "first_update_at", "cause", "components")
_DEFAULTABLE = ("attributed_to", "cause")


class StatuspageIncidentsOptions(SharedOptions):
    """Options of a source of type `statuspage_incidents`.

    `service_map` names the service of a component; a component that is not listed is its own slug. `impact_map` says
    what kind of outage an impact is (`ignore` = none at all); what it leaves out keeps its usual meaning.
    `unattributed_service` takes the incidents that name no component.
    """

    path: Paths
    impact_map: Impacts = Field(default={})
    unattributed_service: str | None = None

    @model_validator(mode="after")
    def _defaults_are_of_outages(self) -> Self:
        unknown = sorted(set(self.defaults) - set(_DEFAULTABLE))
        if unknown:
            raise ValueError(f'defaults: "{unknown[0]}" cannot be given; possible are {", ".join(_DEFAULTABLE)}')
        parties = CANONICAL_FEEDS["outages"]["attributed_to"].values
        if self.defaults.get("attributed_to", parties[0]) not in parties:
            raise ValueError(f"defaults: attributed_to is one of {', '.join(parties)}")
        return self


class StatuspageIncidentsAdapter:
    """One outage per incident and component."""

    options_model: ClassVar[type[StatuspageIncidentsOptions]] = StatuspageIncidentsOptions
    is_per_load: ClassVar[bool] = False
    is_settled_by_key: ClassVar[bool] = False
    is_one_row_per_record: ClassVar[bool] = False
    record_key: ClassVar[str | None] = None

    def __init__(self, options: StatuspageIncidentsOptions) -> None:
        self.options = options

    def raw_feeds(self) -> list[RawFeed]:
        """The raw feeds that are landed, with the columns each file must have."""
        return [RawFeed(FEED, tuple(self.options.path), tuple((name,) for name in _REQUIRED))]

    def canonical_feeds(self, feed: str) -> tuple[str, ...]:
        """The canonical feeds that the raw feed's records become."""
        return ("outages",)

    def meaning(self, feed: str) -> dict[str, Any]:
        """The options that decide how the raw feed's records are understood."""
        return self.options.model_dump(mode="json", exclude={"path", "max_reject_ratio", "ticket_source", "late_after"})

    def identity(self, feed: str, columns: Sequence[str]) -> tuple[str, str]:
        """SQL of a raw record's id and its ticket's id."""
        return trimmed(raw_text(columns, "id")), "cast(null as varchar)"

    def interpret(self, con: duckdb.DuckDBPyConnection, feed: str, loads: Sequence[Load]) -> None:
        """Fill the tables of the outcome and `accepted_<feed>` from the loads."""
        raw = raw_records(loads)
        reject_faulty(con, raw)
        self._create_incidents(con, raw, all_columns(loads))
        keep_latest_records(con, "incidents", ("id",), _CONTENT, "id")
        self._create_outages(con)

    def _create_incidents(self, con: duckdb.DuckDBPyConnection, raw: str, columns: Sequence[str]) -> None:
        """Table `incidents`: one row per good record; `components` is a list of names, empty where none is named."""

        def text(name: str) -> str:
            return trimmed(raw_text(columns, name))

        updates, components = raw_text(columns, "updates"), raw_text(columns, "components")
        # An update's `at` sorts as text within one incident: a page writes all of them alike.
        first_update = f"list_min(json_extract_string(try_cast({updates} as json), '$[*].at'))"
        names = f"""list_distinct(list_concat(
            list_filter(
                json_extract_string(try_cast({components} as json), '$[*]'), lambda name: not starts_with(name, '{{')),
            json_extract_string(try_cast({components} as json), '$[*].name')))"""
        source = f"""(
            select load_id, _record_number as record_number, {text("id")} as id, {text("impact")} as impact,
                {text("downtime_start")} as started_at, {text("downtime_end")} as ended_at,
                {first_update} as first_update_at, {text("title")} as cause,
                coalesce({names}, []) as components
            from {raw} as raw where {FAULT_CODE} is null)"""
        instants = {name: instant_with_offset(name) for name in _INSTANTS}
        joins = ""
        if self.options.zone is not None:
            walls = {name: wall_time(name) for name in _INSTANTS}
            query = " union all ".join(f"select {wall} from {source} as texts" for wall in walls.values())
            local_minutes_table(con, "local_minutes", query, self.options.zone)
            joins, utc = utc_of_walls(walls, "local_minutes")
            instants = {name: f"coalesce({value}, {utc[name]})" for name, value in instants.items()}
        checks = self._checks()
        failure, shown = first_failure(checks)
        con.execute(
            f"""
            create or replace temp table incidents as
            with texts as (select * from {source}),
            parsed as (
                select load_id, record_number, id,
                    {translated("impact", {**IMPACT_MAP, **self.options.impact_map})} as kind,
                    impact, cause, components, {", ".join(f"{value} as {name}" for name, value in instants.items())},
                    {", ".join(f"texts.{name} as text_{name}" for name in _INSTANTS)}
                from texts{joins}
            ),
            checked as (select *, {failure} as failure from parsed)
            select * exclude ({", ".join(f"text_{name}" for name in _INSTANTS)}), {shown} as shown
            from checked order by load_id, record_number
            """
        )
        checks_table(con, "checks", checks)
        con.execute(
            f"""
            insert into rejected
            select incidents.load_id, incidents.record_number, checks.column_name, checks.reason_code,
                {sentence("checks.column_name", "incidents.shown", "checks.sentence")}
            from incidents inner join checks on incidents.failure = checks.number;
            delete from incidents where failure > 0;
            """
        )

    def _checks(self) -> list[Check]:
        checks = [
            Check("id is null", "id", "missing_value", "is empty; an incident needs an id"),
            Check("text_started_at is null", "downtime_start", "missing_value", "is empty; an outage needs its start"),
            Check("impact is null", "impact", "missing_value", "is empty; an incident needs an impact"),
        ]
        for raw_name, name in (
            ("downtime_start", "started_at"),
            ("downtime_end", "ended_at"),
            ("updates", "first_update_at"),
        ):
            checks += kind_checks("instant", raw_name, f"text_{name}", name, self.options.zone is not None)
        said = f"is no known impact; map it in impactMap to one of {', '.join((*OUTAGE_KINDS, IGNORE))}"
        checks.append(
            Check(f"kind not in {one_of((*OUTAGE_KINDS, IGNORE))}", "impact", "unknown_value", said, "impact")
        )
        early = "ended_at < started_at"
        checks.append(Check(early, "downtime_end", "ended_before_started", "is before downtime_start", "text_ended_at"))
        if self.options.unattributed_service is None:
            said = "names no component; set unattributedService to the service that takes such incidents"
            nobody = f"len(components) = 0 and kind <> '{IGNORE}'"
            checks.append(Check(nobody, "components", "no_component", said))
        return checks

    def _create_outages(self, con: duckdb.DuckDBPyConnection) -> None:
        """One row per incident and component. What the page said first is when it was detected and notified."""
        slug = "trim(regexp_replace(lower(component), '[^a-z0-9]+', '-', 'g'), '-')"
        unattributed = literal(self.options.unattributed_service or "")
        defaults = self.options.defaults
        cause = f"coalesce(cause, {literal(defaults['cause'])})" if "cause" in defaults else "cause"
        attributed_to = literal(defaults["attributed_to"]) if "attributed_to" in defaults else "cast(null as varchar)"
        values = {
            "outage_id": f"id || ':' || {slug}",
            "service_id": f"case when is_unattributed then component else {self._service('component', slug)} end",
            "cause": cause,
            "attributed_to": attributed_to,
            "detected_at": "first_update_at",
            "notified_at": "first_update_at",
            "data_loss_seconds": "cast(null as bigint)",
            "announced_at": "case when kind = 'maintenance' then first_update_at end",
            "linked_ticket_id": "cast(null as varchar)",
        }
        columns = ", ".join(
            f"{values.get(name, name)} as {quoted(name)}" for name in CANONICAL_FEEDS["outages"].column_names
        )
        con.execute(
            f"""
            create or replace temp table accepted_outages as
            with affected as (
                select *, len(components) = 0 as is_unattributed,
                    unnest(case when len(components) = 0 then [{unattributed}] else components end) as component
                from incidents where kind <> '{IGNORE}'
            )
            select load_id, record_number, {columns} from affected order by load_id, record_number, outage_id
            """
        )

    def _service(self, component: str, slug: str) -> str:
        words = self.options.service_map
        listed = f"{component} in {one_of(tuple(words))}" if words else "false"
        return f"case when {listed} then {translated(component, words)} else {slug} end"

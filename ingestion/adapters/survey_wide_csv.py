"""Adapter `survey_wide_csv`: a survey with one record per respondent and one column per item.

Belongs here: how a record becomes one row per answered item, and which codes are no answer.
Does not belong here: file formats (readers); scores made from answers (the warehouse).
Sits between landing and the warehouse.
"""

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, ClassVar, Self

import duckdb
from pydantic import BeforeValidator, Field, model_validator

from ingestion.adapters.base import all_columns, raw_records, raw_text, reject_faulty
from ingestion.cells import (
    Check,
    checks_table,
    first_failure,
    instant_with_offset,
    kind_checks,
    local_minutes_table,
    parsed,
    sentence,
    translated,
    trimmed,
    utc_of_walls,
    wall_time,
)
from ingestion.duplicates import keep_latest_records
from ingestion.feeds import CANONICAL_FEEDS
from ingestion.landing import Load, RawFeed
from ingestion.options import Delimiter, Paths, SharedOptions, StrictOptions, Words
from ingestion.readers import FAULT_CODE, literal, quoted

FEED = "responses"
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_DEFAULTABLE = ("customer_id", "service_id", "team_id", "respondent_role", "position", "ticket_id")


def _codes(value: Any) -> Any:
    return [str(code) for code in value] if isinstance(value, list) else value


class Item(StrictOptions):
    """One item of the survey. `missing` are codes that are no answer; `scale` is the lowest and the highest score."""

    item: str
    missing: Annotated[list[str], BeforeValidator(_codes)] = Field(default=[])
    scale: tuple[Decimal, Decimal]

    @model_validator(mode="after")
    def _scale_ascends(self) -> Self:
        if self.scale[0] >= self.scale[1]:
            raise ValueError("scale: write [lowest, highest]")
        return self


class RespondedAt(StrictOptions):
    """When an answer was given: a column, a constant, or a column with the day of a month that is known otherwise.

    `month` is YYYY-MM, `time` HH:MM on the clock of the source's zone; a constant is an instant, a date or a month.
    """

    column: str | None = None
    constant: str | None = None
    day: str | None = None
    month: str | None = None
    time: str = "12:00"

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if [self.column, self.constant, self.day].count(None) != 2:
            raise ValueError("write one of a column's name, {constant: …} and {day: …, month: …}")
        if (self.day is None) != (self.month is None):
            raise ValueError("day and month go together: {day: DAY_COLUMN, month: 2017-05}")
        if self.month is not None and not _MONTH.fullmatch(self.month):
            raise ValueError(f'month "{self.month}" is no month; write YYYY-MM')
        if not _TIME.fullmatch(self.time):
            raise ValueError(f'time "{self.time}" is no time of day; write HH:MM')
        return self


class SurveyWideCsvOptions(SharedOptions):
    """Options of a source of type `survey_wide_csv`. Keys of `items` are columns of the file."""

    path: Paths
    instrument: str
    id_column: str
    responded_at: Annotated[
        RespondedAt, BeforeValidator(lambda value: {"column": value} if isinstance(value, str) else value)
    ]
    items: dict[str, Item] = Field(min_length=1)
    weight_column: str | None = None
    comment_column: str | None = None
    columns: Words = Field(default={})
    delimiter: Delimiter = ","

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        for option, named in (("defaults", self.defaults), ("columns", self.columns)):
            unknown = sorted(set(named) - set(_DEFAULTABLE))
            if unknown:
                raise ValueError(f'{option}: "{unknown[0]}" cannot be given; possible are {", ".join(_DEFAULTABLE)}')
        if "customer_id" not in self.defaults and "customer_id" not in self.columns:
            raise ValueError("defaults: give customer_id, or name its column in columns")
        for name in ("respondent_role", "position"):
            values = CANONICAL_FEEDS["survey_responses"][name].values
            if name in self.defaults and self.defaults[name] not in values:
                raise ValueError(f"defaults: {name} is one of {', '.join(values)}")
        names = [item.item for item in self.items.values()]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f'items: two columns are item "{twice[0]}"; give each its own name')
        return self


class SurveyWideCsvAdapter:
    """One row per record and answered item; a record with a score that cannot be is rejected as a whole."""

    options_model: ClassVar[type[SurveyWideCsvOptions]] = SurveyWideCsvOptions
    is_per_load: ClassVar[bool] = False
    is_settled_by_key: ClassVar[bool] = False
    is_one_row_per_record: ClassVar[bool] = False
    record_key: ClassVar[str | None] = None

    def __init__(self, options: SurveyWideCsvOptions) -> None:
        self.options = options

    def raw_feeds(self) -> list[RawFeed]:
        """The raw feeds that are landed, with the columns each file must have."""
        options, at = self.options, self.options.responded_at
        more = (at.column, at.day, options.weight_column, options.comment_column, *options.columns.values())
        names = dict.fromkeys([options.id_column, *options.items, *(name for name in more if name)])
        return [
            RawFeed(
                FEED,
                tuple(options.path),
                tuple((name,) for name in names),
                delimiter=options.delimiter,
                ticket=options.columns.get("ticket_id"),
                texts=(options.comment_column,) if options.comment_column else (),
                meant=tuple(names),
            )
        ]

    def canonical_feeds(self, feed: str) -> tuple[str, ...]:
        """The canonical feeds that the raw feed's records become."""
        return ("survey_responses",)

    def meaning(self, feed: str) -> dict[str, Any]:
        """The options that decide how the raw feed's records are understood."""
        return self.options.model_dump(
            mode="json", exclude={"path", "delimiter", "max_reject_ratio", "ticket_source", "late_after"}
        )

    def identity(self, feed: str, columns: Sequence[str]) -> tuple[str, str]:
        """SQL of a raw record's id and its ticket's id."""
        return trimmed(raw_text(columns, self.options.id_column)), self._text(columns, "ticket_id")

    def interpret(self, con: duckdb.DuckDBPyConnection, feed: str, loads: Sequence[Load]) -> None:
        """Fill the tables of the outcome and `accepted_<feed>` from the loads."""
        raw = raw_records(loads)
        reject_faulty(con, raw)
        self._create_records(con, raw, all_columns(loads))
        scores = [f"score_{index}" for index in range(len(self.options.items))]
        content = (*_DEFAULTABLE, "responded_at", "weight", "comment", *scores)
        keep_latest_records(con, "records", ("response_id",), content, self.options.id_column)
        self._create_responses(con)

    def _text(self, columns: Sequence[str], name: str) -> str:
        """A column that a default may fill, translated by the source's map of its kind."""
        column = CANONICAL_FEEDS["survey_responses"][name]
        own = "cast(null as varchar)"
        if name in self.options.columns:
            own = translated(
                trimmed(raw_text(columns, self.options.columns[name])), self.options.words(column.mapped_by)
            )
        default = self.options.defaults.get(name, column.default)
        return own if default is None else f"coalesce({own}, {literal(default)})"

    def _responded_at(self, columns: Sequence[str]) -> str:
        """SQL of the text of the time of the answer."""
        at = self.options.responded_at
        if at.column is not None:
            return trimmed(raw_text(columns, at.column))
        if at.day is not None:
            day = trimmed(raw_text(columns, at.day))
            padded = f"case when regexp_full_match({day}, '\\d{{1,2}}') then lpad({day}, 2, '0') else {day} end"
            return f"'{at.month}-' || {padded} || ' {at.time}'"
        constant = at.constant or ""
        if _MONTH.fullmatch(constant):
            constant = f"{constant}-01"
        return literal(f"{constant} {at.time}" if re.fullmatch(r"\d{4}-\d{2}-\d{2}", constant) else constant)

    def _score_text(self, columns: Sequence[str], column: str, item: Item) -> str:
        """SQL of the text of an answer; null where it is a code for no answer (2 and 2.0 are the same code)."""
        text = trimmed(raw_text(columns, column))
        numbers = [number for code in item.missing if (number := _number(code)) is not None]
        words = [literal(code) for code in item.missing]
        is_missing = [f"{text} in ({', '.join(words)})"] if words else []
        if numbers:
            is_missing.append(f"{parsed('double', text)} in ({', '.join(str(number) for number in numbers)})")
        return f"case when {' or '.join(is_missing)} then null else {text} end" if is_missing else text

    def _create_records(self, con: duckdb.DuckDBPyConnection, raw: str, columns: Sequence[str]) -> None:
        """Table `records`: one row per good record, with a column `score_N` per item."""
        options = self.options
        weight = trimmed(raw_text(columns, options.weight_column)) if options.weight_column else "cast(null as varchar)"
        comment = (
            trimmed(raw_text(columns, options.comment_column), True)
            if options.comment_column
            else "cast(null as varchar)"
        )
        scores = [self._score_text(columns, column, item) for column, item in options.items.items()]
        source = f"""(
            select load_id, _record_number as record_number,
                {trimmed(raw_text(columns, options.id_column))} as response_id,
                {self._responded_at(columns)} as text_responded_at, {weight} as text_weight, {comment} as comment,
                {", ".join(f"{self._text(columns, name)} as {quoted(name)}" for name in _DEFAULTABLE)},
                {", ".join(f"{score} as text_score_{index}" for index, score in enumerate(scores))}
            from {raw} as raw where {FAULT_CODE} is null)"""
        responded_at, joins = instant_with_offset("text_responded_at"), ""
        if options.zone is not None:
            wall = wall_time("text_responded_at")
            local_minutes_table(con, "local_minutes", f"select {wall} from {source} as texts", options.zone)
            joins, utc = utc_of_walls({"responded_at": wall}, "local_minutes")
            responded_at = f"coalesce({responded_at}, {utc['responded_at']})"
        places = range(len(scores))
        typed = ", ".join(f"{parsed('double', f'text_score_{index}')} as score_{index}" for index in places)
        checks = self._checks()
        failure, shown = first_failure(checks)
        con.execute(
            f"""
            create or replace temp table records as
            with texts as (select * from {source}),
            parsed as (
                select texts.*, {responded_at} as responded_at, {parsed("double", "text_weight")} as weight, {typed}
                from texts{joins}
            ),
            checked as (select *, {failure} as failure from parsed)
            select * exclude (text_responded_at, text_weight, {", ".join(f"text_score_{index}" for index in places)}),
                {shown} as shown
            from checked order by load_id, record_number
            """
        )
        checks_table(con, "checks", checks)
        con.execute(
            f"""
            insert into rejected
            select records.load_id, records.record_number, checks.column_name, checks.reason_code,
                {sentence("checks.column_name", "records.shown", "checks.sentence")}
            from records inner join checks on records.failure = checks.number;
            delete from records where failure > 0;
            """
        )

    def _checks(self) -> list[Check]:
        options, at = self.options, self.options.responded_at
        place = at.column or at.day or "respondedAt"
        checks = [
            Check("response_id is null", options.id_column, "missing_value", "is empty; a response needs an id"),
            Check("text_responded_at is null", place, "missing_value", "is empty; a response needs its time"),
            Check("customer_id is null", options.columns.get("customer_id", ""), "missing_value", "is empty"),
            *kind_checks("instant", place, "text_responded_at", "responded_at", options.zone is not None),
        ]
        for name in ("respondent_role", "position"):
            values = CANONICAL_FEEDS["survey_responses"][name].values
            listed = ", ".join(literal(value) for value in values)
            said = f"is none of {', '.join(values)}"
            checks.append(
                Check(f"{name} not in ({listed})", options.columns.get(name, name), "unknown_value", said, name)
            )
        if options.weight_column:
            checks += kind_checks("double", options.weight_column, "text_weight", "weight", False)
        for index, (column, item) in enumerate(options.items.items()):
            checks += kind_checks("double", column, f"text_score_{index}", f"score_{index}", False)
            low, high = item.scale
            said = f"is not between {low} and {high}; name codes that are no answer in missing"
            outside = f"score_{index} not between {low} and {high}"
            checks.append(Check(outside, column, "out_of_scale", said, f"text_score_{index}"))
        return checks

    def _create_responses(self, con: duckdb.DuckDBPyConnection) -> None:
        """One row per record and answered item."""
        values = {"instrument_id": literal(self.options.instrument)}
        selects = []
        for index, item in enumerate(self.options.items.values()):
            own = {**values, "item": literal(item.item), "score": f"score_{index}"}
            columns = ", ".join(
                f"{own.get(name, quoted(name))} as {quoted(name)}"
                for name in CANONICAL_FEEDS["survey_responses"].column_names
            )
            selects.append(
                f"select load_id, record_number, {index} as place, {columns} from records"
                f" where score_{index} is not null"
            )
        con.execute(
            f"create or replace temp table accepted_survey_responses as"
            f" select * from ({' union all '.join(selects)}) order by load_id, record_number, place"
        )


def _number(code: str) -> Decimal | None:
    try:
        number = Decimal(code)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None

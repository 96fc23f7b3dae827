"""What an adapter is, and the options that all adapters share.

Belongs here: the interface between the engine of ingestion and one system's adapter; shared options and their errors.
Does not belong here: anything that only one system knows.
Sits between landing and the adapters.
"""

import difflib
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Protocol, TypeVar
from zoneinfo import ZoneInfo

import duckdb
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from ingestion.errors import SourceError
from ingestion.feeds import CHECK_STATUSES, STATUSES
from ingestion.landing import Load, RawFeed
from ingestion.readers import FAULT, FAULT_CODE, quoted, sql_path
from settings.instants import check_zone

# Goes up whenever the same raw record would be understood differently: every load is then interpreted anew.
INTERPRETATION_VERSION = 2


def _zone(value: Any) -> Any:
    return check_zone(value) if isinstance(value, str) else value


def _words(value: Any) -> Any:
    """YAML reads some words as numbers; a source's words are text."""
    if not isinstance(value, dict):
        return value
    return {_word(key): _word(meaning) for key, meaning in value.items()}


def _word(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError(f'"{value}" was read as a truth value; put the word in quotes')
    return str(value) if isinstance(value, int | float) else value


def _statuses(value: Any) -> Any:
    words = _words(value)
    if isinstance(words, dict):
        for word, status in words.items():
            if status not in (*STATUSES, *CHECK_STATUSES):
                raise ValueError(f'"{word}" is mapped to "{status}"; canonical statuses are {", ".join(STATUSES)}')
    return words


def _delimiter(value: Any) -> Any:
    if isinstance(value, str) and (len(value) != 1 or value in '"\r\n'):
        raise ValueError("write one character that is neither a quote nor a line end")
    return value


Delimiter = Annotated[str, BeforeValidator(_delimiter)]
Words = Annotated[dict[str, str], BeforeValidator(_words)]
StatusWords = Annotated[dict[str, str], BeforeValidator(_statuses)]
Paths = Annotated[
    list[str], BeforeValidator(lambda value: [value] if isinstance(value, str) else value), Field(min_length=1)
]


class StrictOptions(BaseModel):
    """Options as written in slm.yaml (camelCase); an unknown one is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=False)


class SharedOptions(StrictOptions):
    """Options that every adapter takes."""

    time_zone: Annotated[str | None, BeforeValidator(_zone)] = None
    defaults: Words = {}
    status_map: StatusWords = {}
    service_map: Words = {}
    customer_map: Words = {}
    team_map: Words = {}
    priority_map: Words = {}
    max_reject_ratio: float = Field(default=0.01, ge=0, le=1)
    ticket_source: str | None = None

    @property
    def zone(self) -> ZoneInfo | None:
        """Zone of times without an offset; None = such times are an error."""
        return ZoneInfo(self.time_zone) if self.time_zone else None

    def words(self, option: str | None) -> Mapping[str, str]:
        """The map that a column's `mapped_by` names."""
        return {
            "statusMap": self.status_map,
            "serviceMap": self.service_map,
            "customerMap": self.customer_map,
            "teamMap": self.team_map,
            "priorityMap": self.priority_map,
        }.get(option or "", {})


Options = TypeVar("Options", bound=SharedOptions)


def read_options(model: type[Options], source: str, options: Mapping[str, Any]) -> Options:
    """The options as a model. Raises SourceError naming every option that is unknown, missing or wrong."""
    try:
        return model.model_validate(dict(options))
    except ValidationError as error:
        raise SourceError(source, [_option_problem(model, problem) for problem in error.errors()]) from error


def _option_problem(model: type[BaseModel], problem: Any) -> str:
    place = ".".join(str(step) for step in problem["loc"])
    if problem["type"] == "extra_forbidden":
        if len(problem["loc"]) > 1:
            return f'unknown option "{place}"'
        known = sorted(field.alias or name for name, field in model.model_fields.items())
        near = difflib.get_close_matches(place, known, n=1, cutoff=0.6)
        meant = f"did you mean {near[0]}? " if near else ""
        return f'unknown option "{place}"; {meant}known options: {", ".join(known)}'
    if problem["type"] == "missing":
        return f'option "{place}" is missing'
    said = str(problem["msg"]).removeprefix("Value error, ")
    return f'option "{place}": {said}'


class Adapter(Protocol):
    """One system's way from raw records to canonical rows.

    `is_per_load`: a load can be understood without the others; otherwise all loads are interpreted together.
    `is_settled_by_key`: rows of several loads meet by the feed's key, and events need their ticket (see settle);
    otherwise the adapter has done so itself.
    """

    is_per_load: ClassVar[bool]
    is_settled_by_key: ClassVar[bool]
    options: SharedOptions

    def raw_feeds(self) -> Sequence[RawFeed]:
        """What is landed, in the order in which it is interpreted."""

    def canonical_feeds(self, feed: str) -> tuple[str, ...]:
        """The canonical feeds that the raw feed's records become."""

    def meaning(self, feed: str) -> dict[str, Any]:
        """The options that decide how records of the raw feed are understood: a change means interpreting anew."""

    def identity(self, feed: str, columns: Sequence[str]) -> tuple[str, str]:
        """SQL over raw columns: the record's id and its ticket's id, as text, for the quarantine."""

    def interpret(self, con: duckdb.DuckDBPyConnection, feed: str, loads: Sequence[Load]) -> None:
        """Fill the temp tables of `create_outcome` from the loads."""


def signature(adapter: Adapter, feed: str, loads: Sequence[Load]) -> str:
    """What an interpretation depends on: the options that matter, and the loads it was made from."""
    content = {
        "version": INTERPRETATION_VERSION,
        "adapter": type(adapter).__name__,
        "meaning": adapter.meaning(feed),
        "loads": [load.load_id for load in loads],
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def raw_records(loads: Sequence[Load]) -> str:
    """SQL relation of the raw records of `loads`, with their load_id; columns by name."""
    selects = [f"select '{load.load_id}' as load_id, * from read_parquet('{sql_path(load.records)}')" for load in loads]
    return "(" + " union all by name ".join(selects) + ")"


def all_columns(loads: Sequence[Load]) -> tuple[str, ...]:
    """Columns of any of the loads."""
    return tuple(dict.fromkeys(name for load in loads for name in load.columns))


def create_outcome(con: duckdb.DuckDBPyConnection) -> None:
    """Empty tables for what an interpretation yields beside its accepted rows (`accepted_<canonical feed>`).

    rejected: one row per record in quarantine. collapsed: one row per record that equals another of its load.
    superseded: one row per accepted record that a later load replaced, where the adapter itself saw to that.
    """
    con.execute(
        """
        create or replace temp table rejected (
            load_id varchar, record_number bigint, column_name varchar, reason_code varchar, reason varchar);
        create or replace temp table collapsed (load_id varchar, record_number bigint, kept_record_number bigint);
        create or replace temp table superseded (load_id varchar, record_number bigint);
        """
    )


def reject_faulty(con: duckdb.DuckDBPyConnection, raw: str) -> None:
    """Records that could not even be split into their columns."""
    con.execute(
        f"insert into rejected select load_id, _record_number, null, {FAULT_CODE}, {FAULT} from {raw} as raw"
        f" where {FAULT_CODE} is not null"
    )


def raw_text(columns: Sequence[str], name: str) -> str:
    """SQL of a raw column as text; null where no load has it."""
    return quoted(name) if name in columns else "cast(null as varchar)"

"""Options of a source: what every type takes, and the errors of those it does not know.

Belongs here: the models of shared options, and reading options with errors that say what to write.
Does not belong here: options of one system.
Sits below adapters and connectors.
"""

import difflib
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator
from pydantic.alias_generators import to_camel

from ingestion.errors import SourceError
from ingestion.feeds import CANONICAL_FEEDS, CHECK_STATUSES, STATUSES
from settings.instants import check_zone, parse_clock_duration


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


def _duration(value: Any) -> Any:
    if isinstance(value, str):
        parse_clock_duration(value)
    return value


# A night, and half a day to mend what went wrong in it.
LATE_AFTER = "PT36H"
Duration = Annotated[str, BeforeValidator(_duration)]
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
    """Options that every adapter takes. `late_after` is when a source that has not been landed since counts as late."""

    time_zone: Annotated[str | None, BeforeValidator(_zone)] = None
    defaults: Words = {}
    status_map: StatusWords = {}
    service_map: Words = {}
    customer_map: Words = {}
    team_map: Words = {}
    priority_map: Words = {}
    max_reject_ratio: float = Field(default=0.01, ge=0, le=1)
    ticket_source: str | None = None
    late_after: Duration = LATE_AFTER

    @field_validator("defaults")
    @classmethod
    def _nobody_is_a_default(cls, value: dict[str, str]) -> dict[str, str]:
        persons = {name for feed in CANONICAL_FEEDS.values() for name in feed.persons}
        if named := sorted(persons & value.keys()):
            raise ValueError(f'"{named[0]}" names a person, and nobody asked for everything; leave it out')
        return value

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

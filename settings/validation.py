"""From pydantic's complaints to sentences with a place in a file.

Belongs here: the base model of everything read from YAML (unknown keys are errors, nothing is coerced, keys are
camelCase) and the translation of validation errors.
Does not belong here: any rule about one kind of document.
Used by `project` and by the agreements.
"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from settings.errors import Problem
from settings.yaml import YamlDocument


class StrictModel(BaseModel):
    """A mapping of a YAML file: camelCase keys, no unknown keys, no coercion, immutable once read."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        alias_generator=to_camel,
        populate_by_name=True,
        allow_inf_nan=False,
    )


def path_text(path: Sequence[str | int]) -> str:
    """spec.targets[0].objective for ("spec", "targets", 0, "objective")."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text


def place_text(label: str, line: int) -> str:
    """Where in a file: the document, where a file can have more than one, and the line."""
    return f"{label} (line {line})" if label else f"line {line}"


def document_problems(document: YamlDocument, label: str) -> list[Problem]:
    """The problems of form of one document: duplicate keys and bare times."""
    return [
        Problem(document.file, place_text(label, line), "", reason, remedy)
        for line, reason, remedy in document.problems
    ]


def model_problems(
    error: ValidationError, model: type[BaseModel], document: YamlDocument, label: str, under: Sequence[str | int] = ()
) -> list[Problem]:
    """One problem per complaint of `error`, raised when `model` read the part of `document` at the path `under`."""
    found = []
    for item in error.errors(include_url=False):
        inner = [step for step in item["loc"] if step != "[key]"]
        path = [*under, *inner]
        reason, remedy = _sentence(dict(item), model)
        found.append(Problem(document.file, place_text(label, document.line_of(path)), path_text(path), reason, remedy))
    return found


def _sentence(item: dict[str, Any], model: type[BaseModel]) -> tuple[str, str | None]:
    """(reason, remedy) for one pydantic error."""
    kind, value, context = item["type"], item.get("input"), item.get("ctx") or {}
    if kind == "missing":
        return "is required", None
    if kind == "extra_forbidden":
        return "is not a known key", _known_keys(model, item["loc"])
    if kind == "string_type":
        if isinstance(value, bool | int | float):
            return f"should be text, not {_shown(value)}", f'quote it: "{value}"'
        return f"should be text, not {_shown(value)}", None
    if kind in ("int_type", "int_from_float", "int_parsing"):
        return f"should be a whole number, not {_shown(value)}", None
    if kind in ("float_type", "float_parsing"):
        return f"should be a number, not {_shown(value)}", None
    if kind == "bool_type":
        return f"should be true or false, not {_shown(value)}", None
    if kind == "list_type":
        return f"should be a list, not {_shown(value)}", None
    if kind in ("dict_type", "model_type", "model_attributes_type"):
        return f"should be a mapping of keys, not {_shown(value)}", None
    if kind == "literal_error":
        allowed = str(context.get("expected", "")).replace(" or ", ", ").replace("'", "")
        return f"{_shown(value)} is {'not one of' if ',' in allowed else 'not'} {allowed}", None
    if kind == "value_error":
        return str(context.get("error", item["msg"])), None
    if kind in ("greater_than_equal", "less_than_equal", "greater_than", "less_than"):
        return f"{item['msg'].replace('Input should be', 'should be')}, not {_shown(value)}", None
    if kind == "too_short":
        return "should not be empty", None
    if kind == "string_too_short":
        return "should not be empty", None
    if kind == "recursion_loop":
        return "contains itself through an alias", None
    return str(item["msg"]).replace("Input should", "should").replace("Input is", "is"), None


def _shown(value: Any) -> str:
    """A value as it may stand in a message: short, and without the content of mappings."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 80 else text[:77] + '..."'


def _known_keys(model: type[BaseModel], path: Sequence[str | int]) -> str | None:
    """What could have been meant by the unknown key at the end of `path`."""
    owner: Any = model
    for step in path[:-1]:
        owner = _step(owner, step)
        if owner is None:
            return None
    owner = _model_of(owner)
    if owner is None:
        return None
    names = [field.alias or name for name, field in owner.model_fields.items()]
    near = get_close_matches(str(path[-1]), names, n=1)
    return f"did you mean {near[0]}" if near else f"known here: {', '.join(sorted(names))}"


def _model_of(annotation: Any) -> type[BaseModel] | None:
    for candidate in _alternatives(annotation):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None


def _alternatives(annotation: Any) -> Iterable[Any]:
    """The members of a union, without the metadata of Annotated."""
    if hasattr(annotation, "__metadata__"):
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in (Union, UnionType):
        for member in get_args(annotation):
            yield from _alternatives(member)
    else:
        yield annotation


def _step(annotation: Any, step: str | int) -> Any:
    """The annotation of the member `step` of a value of type `annotation`, None if it cannot be told."""
    for candidate in _alternatives(annotation):
        origin = get_origin(candidate)
        if isinstance(step, int) and origin is list:
            return get_args(candidate)[0]
        if isinstance(step, str) and origin is dict:
            return get_args(candidate)[1]
        if isinstance(step, str) and isinstance(candidate, type) and issubclass(candidate, BaseModel):
            for name, field in candidate.model_fields.items():
                if (field.alias or name) == step:
                    return field.annotation
    return None

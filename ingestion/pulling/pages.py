"""Answers taken apart: the records of a page as received, and all else in it.

Belongs here: reading one JSON answer, keeping each record's own text. Does not belong here: what a record means.
Sits between the client and the walk through a source's pages.

Records are cut out where they stand without being decoded, which is several times as fast.
"""

import json
import re
from contextlib import suppress
from functools import cache
from typing import Any

import msgspec

from ingestion.connectors.base import RecordText

_SPACE = re.compile(r"[ \t\n\r]*")
_LIST = msgspec.json.Decoder(list[msgspec.Raw] | None)
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])


class MalformedPage(Exception):
    """An answer that is not what the system documents; asked for again before it counts as an error."""


def records_of(text: str, path: str) -> tuple[list[RecordText], dict[str, Any]]:
    """The records of the list at `path` (names with dots between them, "" = the answer itself) and what stands beside.

    The records are the answer's own text, and where that is possible no copy of it. An answer with null there has no
    records; one object counts as one record. Raises MalformedPage for text that is not JSON or has nothing at `path`.
    """
    steps = path.split(".") if path else []
    if len(steps) > 1:
        with suppress(msgspec.DecodeError, RecursionError):  # there is more in the answer, or something wrong with it
            return _alone(text, path)
    try:
        return _cut_out(text, steps)
    except (msgspec.DecodeError, KeyError, RecursionError):
        # Half of a surrogate pair, left where a system cut a text short, is refused by the fast reader alone; of all
        # else the careful one says what is wrong with it.
        return _read_through(text, path, steps)


def _alone(text: str, path: str) -> tuple[list[RecordText], dict[str, Any]]:
    """Reads an answer in one pass, not one a step. Raises DecodeError if anything stands beside the list."""
    found = _alone_at(path).decode(text)
    beside: dict[str, Any] = {}
    for name in reversed(path.split(".")):
        found, beside = found.inner, {name: beside or None}
    return found or [], beside


@cache
def _alone_at(path: str) -> "msgspec.json.Decoder[Any]":
    kind: Any = list[msgspec.Raw] | None
    for name in reversed(path.split(".")):
        kind = msgspec.defstruct("Alone", [("inner", kind)], rename={"inner": name}, forbid_unknown_fields=True)
    return msgspec.json.Decoder(kind)


def _cut_out(text: str | msgspec.Raw, steps: list[str]) -> tuple[list[RecordText], dict[str, Any]]:
    """The fast reader. Raises DecodeError for what it refuses, KeyError where there is nothing."""
    if not steps:
        return _LIST.decode(text) or [], {}
    name, *deeper = steps
    members = _OBJECT.decode(text)
    records, beside = _cut_out(members.pop(name), deeper)
    return records, {**{key: json.loads(bytes(value)) for key, value in members.items()}, name: beside or None}


def _read_through(text: str, path: str, steps: list[str]) -> tuple[list[RecordText], dict[str, Any]]:
    walk = _Walk(text)
    try:
        envelope = walk.value(steps)
        walk.skip()
    except (ValueError, IndexError, RecursionError, StopIteration) as error:
        raise MalformedPage(f"the answer is not JSON ({error})") from error
    if walk.position != len(text):
        raise MalformedPage(f"the answer is not JSON (more text at character {walk.position})")
    if walk.texts is None:
        raise MalformedPage(f'the answer has no "{path}"')
    return [record.encode() for record in walk.texts], envelope if isinstance(envelope, dict) else {}


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse)


class _Walk:
    """The careful reader, from left to right: values are decoded by the standard library, records cut out by place."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.texts: list[str] | None = None

    def skip(self) -> str:
        """Pass over space; returns the character after it."""
        match = _SPACE.match(self.text, self.position)
        self.position = match.end() if match else self.position
        return self.text[self.position : self.position + 1]

    def decode(self) -> Any:
        """The value that begins here."""
        self.skip()
        value, self.position = _DECODER.raw_decode(self.text, self.position)
        return value

    def value(self, steps: list[str]) -> Any:
        """The value that begins here, the list at the end of `steps` in it taken apart."""
        first = self.skip()
        if not steps:
            return self._list() if first == "[" else self._single()
        return self._object(steps) if first == "{" else self.decode()

    def _single(self) -> None:
        start = self.position
        self.texts = [] if self.decode() is None else [self.text[start : self.position]]

    def _list(self) -> None:
        self.texts = []
        self.position += 1
        if self.skip() == "]":
            self.position += 1
            return
        while True:
            self.skip()
            start = self.position
            self.decode()
            self.texts.append(self.text[start : self.position])
            if self._is_end("]"):
                return

    def _object(self, steps: list[str]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        self.position += 1
        if self.skip() == "}":
            self.position += 1
            return found
        while True:
            name = self.decode()
            if not isinstance(name, str) or self.skip() != ":":
                raise ValueError(f"expecting a name and ':' at character {self.position}")
            self.position += 1
            found[name] = self.value(steps[1:]) if name == steps[0] else self.decode()
            if self._is_end("}"):
                return found

    def _is_end(self, end: str) -> bool:
        """Pass over what follows a member: `end`, or a comma and there is more."""
        mark = self.skip()
        if mark not in (end, ","):
            raise ValueError(f"expecting ',' at character {self.position}")
        self.position += 1
        return mark == end

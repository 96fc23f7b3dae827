"""Answers taken apart: the records of a page as received, and all else in it.

Belongs here: reading one JSON answer once, keeping each record's own text. Does not belong here: what a record means.
Sits between the client and the walk through a source's pages.
"""

import json
import re
from typing import Any

from ingestion.connectors.base import Record

_SPACE = re.compile(r"[ \t\n\r]*")


class MalformedPage(Exception):
    """An answer that is not what the system documents; asked for again before it counts as an error."""


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse)


def records_of(text: str, path: str) -> tuple[list[Record], dict[str, Any]]:
    """The records of the list at `path` (names with dots between them, "" = the answer itself) and what stands beside.

    A record's text is the answer's own. An answer with null there has no records; one object counts as one record.
    Raises MalformedPage for text that is not JSON or has nothing at `path`.
    """
    walk = _Walk(text)
    try:
        envelope = walk.value(path.split(".") if path else [])
        walk.skip()
    except (ValueError, IndexError, RecursionError) as error:
        raise MalformedPage(f"the answer is not JSON ({error})") from error
    if walk.position != len(text):
        raise MalformedPage(f"the answer is not JSON (more text at character {walk.position})")
    if walk.records is None:
        raise MalformedPage(f'the answer has no "{path}"')
    return walk.records, envelope if isinstance(envelope, dict) else {}


class _Walk:
    """Reads a text from left to right; single records are decoded by the standard library, and cut out by place."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.records: list[Record] | None = None

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

    def value(self, path: list[str]) -> Any:
        """The value that begins here, the list at `path` in it taken apart."""
        first = self.skip()
        if not path:
            return self._list() if first == "[" else self._single()
        return self._object(path) if first == "{" else self.decode()

    def _single(self) -> None:
        start = self.position
        value = self.decode()
        self.records = [] if value is None else [Record(self.text[start : self.position], value)]

    def _list(self) -> None:
        self.records = []
        self.position += 1
        if self.skip() == "]":
            self.position += 1
            return
        text, decode, space, add = self.text, _DECODER.raw_decode, _SPACE.match, self.records.append
        while True:
            value, end = decode(text, self.position)
            add(Record(text[self.position : end], value))
            match = space(text, end)
            end = match.end() if match else end
            if text[end] == "]":
                self.position = end + 1
                return
            if text[end] != ",":
                raise ValueError(f"expecting ',' at character {end}")
            match = space(text, end + 1)
            self.position = match.end() if match else end + 1

    def _object(self, path: list[str]) -> dict[str, Any]:
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
            found[name] = self.value(path[1:]) if name == path[0] else self.decode()
            mark = self.skip()
            self.position += 1
            if mark == "}":
                return found
            if mark != ",":
                raise ValueError(f"expecting ',' at character {self.position - 1}")

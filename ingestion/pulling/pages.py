"""Answers taken apart: the records of a page as received, and all else in it.

Belongs here: reading one JSON answer once, keeping each record's own text. Does not belong here: what a record means.
Sits between the client and the walk through a source's pages.
"""

import json
import json.scanner
import re
from collections.abc import Callable
from typing import Any

_SPACES = " \t\n\r"
_SPACE = re.compile(rf"[{_SPACES}]*")


class MalformedPage(Exception):
    """An answer that is not what the system documents; asked for again before it counts as an error."""


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse)
_SCAN: Callable[[str, int], tuple[Any, int]] = json.scanner.make_scanner(_DECODER)  # type: ignore[arg-type]


def records_of(text: str, path: str) -> tuple[list[Any], list[str], dict[str, Any]]:
    """The records of the list at `path` (names with dots between them, "" = the answer itself) and what stands beside.

    The records come as values and as the answer's own text. An answer with null there has no records; one object counts
    as one record. Raises MalformedPage for text that is not JSON or has nothing at `path`.
    """
    walk = _Walk(text)
    try:
        envelope = walk.value(path.split(".") if path else [])
        walk.skip()
    except (ValueError, IndexError, RecursionError, StopIteration) as error:
        raise MalformedPage(f"the answer is not JSON ({error})") from error
    if walk.position != len(text):
        raise MalformedPage(f"the answer is not JSON (more text at character {walk.position})")
    if walk.records is None:
        raise MalformedPage(f'the answer has no "{path}"')
    return walk.records, walk.texts, envelope if isinstance(envelope, dict) else {}


def _after_space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


class _Walk:
    """Reads a text from left to right; single records are decoded by the standard library, and cut out by place."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.records: list[Any] | None = None
        self.texts: list[str] = []

    def skip(self) -> str:
        """Pass over space; returns the character after it."""
        self.position = _after_space(self.text, self.position)
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
        self.records = [] if value is None else [value]
        self.texts = [self.text[start : self.position]] if self.records else []

    def _list(self) -> None:
        self.records = []
        self.position += 1
        if self.skip() == "]":
            self.position += 1
            return
        # The inner loop of every pull: the scanner itself, and no call for space where there is none.
        text, scan, end = self.text, _SCAN, self.position
        keep, keep_text = self.records.append, self.texts.append
        while True:
            start = end
            value, end = scan(text, start)
            keep(value)
            keep_text(text[start:end])
            if text[end] in _SPACES:
                end = _after_space(text, end)
            if text[end] == "]":
                self.position = end + 1
                return
            if text[end] != ",":
                raise ValueError(f"expecting ',' at character {end}")
            end += 1
            if text[end] == " ":
                end += 1
            if text[end] in _SPACES:
                end = _after_space(text, end)

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

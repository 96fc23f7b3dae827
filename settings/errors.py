"""Errors whose message is meant for the person who runs the project.

Belongs here: the base class of every user-facing error and the collected error of a project's files.
Does not belong here: errors of one room (a source, a publication); those derive from `SlmError` in their own room.
First in the flow: imported by every room.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass


class SlmError(Exception):
    """An error to be shown without a traceback; its message says what is wrong, where, and what to do."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong in one place of a project's files.

    `document` names the YAML document (kind, name and line), `path` the key inside it ("" = the document as a whole),
    `remedy` what to do about it, where that is not plain from the reason.
    """

    file: str
    document: str
    path: str
    reason: str
    remedy: str | None = None

    @property
    def reading_order(self) -> tuple[str, int, str, str]:
        """Sorts problems as they come when the files are read from top to bottom."""
        line = re.search(r"line (\d+)\)?$", self.document)
        return self.file, int(line[1]) if line else 0, self.path, self.reason

    def __str__(self) -> str:
        place = ": ".join(part for part in (self.file, self.document, self.path) if part)
        text = f"{place}: {self.reason}" if place else self.reason
        return f"{text}; {self.remedy}" if self.remedy else text


class ProjectError(SlmError):
    """Everything found wrong in a project's files, all at once, one line each."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: list[Problem] = list(problems)
        count = len(self.problems)
        head = f"{count} problem{'' if count == 1 else 's'} in the project's files:"
        super().__init__("\n".join([head, *(f"  {problem}" for problem in self.problems)]))

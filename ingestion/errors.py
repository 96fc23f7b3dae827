"""The error of one source.

Belongs here: the named error that fails a source's step.
Does not belong here: single bad records; those are quarantined, not raised.
Sits below every module of this room.
"""

from collections.abc import Iterable

from settings.errors import SlmError


class SourceError(SlmError):
    """A source cannot be taken in; the message names the source, the file and place, and what to do.

    `problems` holds each single finding: one line of the message each.
    """

    def __init__(self, source: str, problems: str | Iterable[str]) -> None:
        self.source = source
        self.problems = [problems] if isinstance(problems, str) else list(problems)
        if len(self.problems) == 1:
            message = f'source "{source}": {self.problems[0]}'
        else:
            lines = "\n".join(f"  {problem}" for problem in self.problems)
            message = f'source "{source}": {len(self.problems)} problems:\n{lines}'
        super().__init__(message)


class FileProblem(Exception):
    """One file that cannot be read. Raised by the readers, collected into a `SourceError` by landing."""


class FileGone(FileProblem):
    """Files that are not there, or that the system does not hand out: nothing wrong was delivered."""


class SourceUnread(SourceError):
    """A source that delivered nothing this time. What it delivered before still holds, and no more is known."""


class SourceUnavailable(SourceUnread):
    """A source that did not answer although asked patiently, or whose files are not there: it may pass by itself."""


class SignInRefused(SourceUnread):
    """A source that does not admit the account it was asked with; what was pulled before waits for another."""

"""A pull that dies after an answer, and what it kept: shared by what tests connectors over HTTP and over tables."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from ingestion.pulling.spool import Frame, Spool


class Killed(BaseException):
    """The process ends here."""


@contextmanager
def kept_answers() -> Iterator[list[Frame]]:
    """The answers that were kept within the block."""
    append, kept = Spool.append, list[Frame]()

    def noting(spool: Spool, frame: Frame) -> None:
        kept.append(frame)
        append(spool, frame)

    with mock.patch.object(Spool, "append", noting):
        yield kept


@contextmanager
def killed_after(frames: int, torn_bytes: int) -> Iterator[None]:
    """The pull dies after so many answers were kept; the last one's write was cut short by so many bytes."""
    append, kept = Spool.append, 0

    def dying(spool: Spool, frame: Any) -> None:
        nonlocal kept
        path = spool._path
        before = path.stat().st_size
        append(spool, frame)
        kept += 1
        if kept == frames:
            if torn_bytes:
                size = path.stat().st_size
                with path.open("rb+") as file:
                    file.truncate(max(before, size - torn_bytes))
            raise Killed

    with mock.patch.object(Spool, "append", dying):
        yield

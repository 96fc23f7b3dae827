"""The spool: what a pull has received so far, kept so that a killed one goes on where it was.

Belongs here: frames on disk, whole or not there. Does not belong here: what is asked next, or what is landed.
Sits between the walk through a source's pages and landing.

One file per source, only ever appended to. A frame is one answer: its records as received, and the requests that were
left after it. A kill in the middle of a write leaves a torn end; it is cut off, and that answer is asked for again.
"""

import json
import mmap
import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_HEAD = struct.Struct(">III")  # bytes of the header, bytes of the records, checksum of both


@dataclass(frozen=True)
class Frame:
    """One answer: the records of `feed` one after the other as UTF-8, and the bytes of each.

    Read back, `body` is the file itself, mapped into memory.

    `digests` has an entry per record, or is None where texts are told apart by themselves. `asked` is the request,
    `left` are those that were left after it.
    """

    feed: str | None
    label: str
    body: bytes | memoryview
    sizes: Sequence[int]
    digests: Sequence[str | None] | None
    asked: Any
    left: Any
    server_time: str | None


class Spool:
    """The pull of one source. `begin` empties it, `append` adds an answer, `frames` reads them from the first."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def opening(self) -> dict[str, Any] | None:
        """What `begin` wrote; None if there is no pull to go on with."""
        if not self._path.is_file():
            return None
        first = next(self._read(), None)
        return None if first is None else first[0]

    def begin(self, opening: dict[str, Any]) -> None:
        """Afterwards the spool holds nothing but `opening`."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.unlink(missing_ok=True)
        self._write(opening, b"")

    def append(self, frame: Frame) -> None:
        """Afterwards the answer is kept, whatever happens to this process."""
        self._write({name: getattr(frame, name) for name in Frame.__dataclass_fields__ if name != "body"}, frame.body)

    def frames(self) -> Iterator[Frame]:
        """The answers in the order in which they came; a torn end is cut off."""
        frames = self._read()
        next(frames, None)
        for header, body in frames:
            yield Frame(body=body, **header)

    def remove(self) -> None:
        """Afterwards there is no pull to go on with."""
        self._path.unlink(missing_ok=True)

    def _write(self, header: dict[str, Any], body: bytes | memoryview) -> None:
        head = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
        with self._path.open("ab") as file:
            file.write(_HEAD.pack(len(head), len(body), zlib.crc32(body, zlib.crc32(head))) + head + body)

    def _read(self) -> Iterator[tuple[dict[str, Any], memoryview]]:
        with self._path.open("rb+") as file:
            size = os.fstat(file.fileno()).st_size
            if not size:
                return
            content = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
            whole = 0
            while whole + _HEAD.size <= size:
                head_bytes, body_bytes, checksum = _HEAD.unpack_from(content, whole)
                begin = whole + _HEAD.size
                head = content[begin : begin + head_bytes]
                body = content[begin + head_bytes : begin + head_bytes + body_bytes]
                if len(body) != body_bytes or zlib.crc32(body, zlib.crc32(head)) != checksum:
                    break
                whole = begin + head_bytes + body_bytes
                yield json.loads(bytes(head)), body
            file.truncate(whole)

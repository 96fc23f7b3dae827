"""The spool: what a pull has received so far, kept so that a killed one goes on where it was.

Belongs here: frames on disk, whole or not there. Does not belong here: what is asked next, or what is landed.
Sits between the walk through a source's pages and landing.

One file per source, only ever appended to. A frame is one answer: its records as received, and the requests that it
led to. A kill in the middle of a write leaves a torn end; it is cut off, and that answer is asked for again.
"""

import json
import mmap
import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

_HEAD = struct.Struct(">IIII")  # bytes of the header, number of records, bytes of the records, checksum of all
SIZE = np.dtype("<u4")
_IN_HEADER = ("feed", "label", "digests", "asked", "led_to", "server_time")


@dataclass(frozen=True)
class Frame:
    """One answer: the records of `feed` one after the other as UTF-8, and the bytes of each.

    Read back, `body` is the file itself, mapped into memory.

    `digests` has an entry per record, or is None where texts are told apart by themselves. `asked` is the request,
    `led_to` are those that come next because of the answer, before all that wait already.
    """

    feed: str | None
    label: str
    body: bytes | memoryview
    sizes: npt.NDArray[np.uint32]
    digests: Sequence[str | None] | None
    asked: Any
    led_to: Any
    server_time: str | None


class Spool:
    """The pull of one source. `begin` empties it, `append` adds an answer, `frames` reads them from the first."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None

    def opening(self) -> dict[str, Any] | None:
        """What `begin` wrote; None if there is no pull to go on with."""
        if not self._path.is_file():
            return None
        first = next(self._read(), None)
        return None if first is None else first[0]

    def begin(self, opening: dict[str, Any]) -> None:
        """Afterwards the spool holds nothing but `opening`."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self.remove()
        self._write(opening, np.empty(0, SIZE), b"")

    def append(self, frame: Frame) -> None:
        """Afterwards the answer is kept, whatever happens to this process."""
        self._write({name: getattr(frame, name) for name in _IN_HEADER}, frame.sizes, frame.body)

    def frames(self) -> Iterator[Frame]:
        """The answers in the order in which they came; a torn end is cut off."""
        frames = self._read()
        next(frames, None)
        for header, sizes, body in frames:
            yield Frame(sizes=sizes, body=body, **header)

    def remove(self) -> None:
        """Afterwards there is no pull to go on with."""
        self.close()
        self._path.unlink(missing_ok=True)

    def close(self) -> None:
        """Afterwards the file is not kept open, as it is between answers."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _write(self, header: dict[str, Any], sizes: npt.NDArray[np.uint32], body: bytes | memoryview) -> None:
        head = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode() + sizes.astype(SIZE).tobytes()
        checksum = zlib.crc32(body, zlib.crc32(head))
        if self._file is None:
            self._file = self._path.open("ab")
        self._file.write(_HEAD.pack(len(head) - sizes.nbytes, len(sizes), len(body), checksum) + head)
        self._file.write(body)
        self._file.flush()

    def _read(self) -> Iterator[tuple[dict[str, Any], npt.NDArray[np.uint32], memoryview]]:
        with self._path.open("rb+") as file:
            size = os.fstat(file.fileno()).st_size
            if not size:
                return
            content = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
            whole = 0
            while whole + _HEAD.size <= size:
                header_bytes, count, body_bytes, checksum = _HEAD.unpack_from(content, whole)
                begin = whole + _HEAD.size
                sizes_begin = begin + header_bytes
                body_begin = sizes_begin + count * SIZE.itemsize
                end = body_begin + body_bytes
                # A machine that lost its power may leave nothing but zeros, whose checksum is right.
                if not header_bytes or end > size or zlib.crc32(content[begin:end]) != checksum:
                    break
                whole = end
                header = json.loads(bytes(content[begin:sizes_begin]))
                yield header, np.frombuffer(content[sizes_begin:body_begin], SIZE), content[body_begin:end]
            file.truncate(whole)

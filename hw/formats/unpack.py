"""Reads compressed captures as a stream of bytes: gzip, bzip2 and xz.

Zstandard and LZ4 are not in Python's standard library: such a file is refused with the command for it.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from io import BufferedReader
from pathlib import Path
from typing import cast

from hw.errors import BadRecording

OPENERS = ((b"\x1f\x8b", gzip.open), (b"BZh", bz2.open), (b"\xfd7zXZ\0", lzma.open))
REFUSED = ((b"\x28\xb5\x2f\xfd", "Zstandard", "zstd -d"), (b"\x04\x22\x4d\x18", "LZ4", "lz4 -d"))
BROKEN = (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile)
MOST_TIMES = 200  # a capture that grows by more when it is unpacked is a trap
LEAST_LIMIT_BYTES = 1 << 26


class UnpackedFile:
    """The bytes of a file, decompressed where needed. ``cut_off`` says why it ended early, if it did."""

    def __init__(self, path: Path) -> None:
        self.cut_off = ""
        self._path = path
        self._file = path.open("rb", buffering=0)
        self._left = 1 << 62
        head = self._file.read(8) or b""
        self._file.seek(0)
        for magic, name, command in REFUSED:
            if head.startswith(magic):
                self._file.close()
                raise BadRecording(
                    f"{path.name} is compressed with {name}, which ansim does not unpack",
                    hint=f"Unpack it first: {command} {path.name}",
                )
        opener = next((open_it for magic, open_it in OPENERS if head.startswith(magic)), None)
        self._unpacked = None if opener is None else cast("BufferedReader", opener(self._file))
        if opener is not None:
            self._left = max(LEAST_LIMIT_BYTES, MOST_TIMES * path.stat().st_size)

    @property
    def closed(self) -> bool:
        """Return whether it was closed."""
        return self._file.closed

    def read(self, count: int) -> bytes:
        """Return up to ``count`` bytes, fewer only at the end. Raises `BadRecording` where the disk fails."""
        parts: list[bytes] = []
        while count > 0:
            try:
                part = self._piece(min(count, self._left))
            except BROKEN:
                self.cut_off, part = "compressed_end_missing", b""
            except OSError as error:
                raise BadRecording(
                    f"{self._path.name} cannot be read: {error.strerror}", hint="Check the disk it lies on."
                ) from error
            if not part:
                break
            parts.append(part)
            count, self._left = count - len(part), self._left - len(part)
        if self._left <= 0:
            self.cut_off = "unpacked_limit"
        return b"".join(parts)

    def _piece(self, count: int) -> bytes:
        """Return what one step gives: what stands before the place where a file is cut off is not lost."""
        if self._unpacked is None:
            return self._file.read(count) or b""
        return self._unpacked.read1(count)

    def seek(self, at: int) -> None:
        """Go to a place near the beginning."""
        (self._unpacked or self._file).seek(at)

    def close(self) -> None:
        """Close; may be called twice."""
        if self._unpacked is not None:
            self._unpacked.close()
        self._file.close()

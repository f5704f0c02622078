"""Reads compressed captures as a stream of bytes: gzip, bzip2, xz, Zstandard and LZ4.

The last two are not in Python's standard library: where theirs is missing, the command that unpacks the file
is named.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from hw.errors import BadRecording

LONGEST_ZSTD_WINDOW = 1 << 27  # bytes, the most that the zstd command takes by itself (RFC 8878, 3.1.1.1.2)
MOST_TIMES = 200  # a capture that grows by more when it is unpacked is a trap
LEAST_LIMIT_BYTES = 1 << 26


class Stream(Protocol):
    """Interface of an unpacking stream."""

    def read1(self, count: int, /) -> bytes:
        """Return what one step gives; nothing at the end."""
        ...

    def close(self) -> None:
        """Close it."""
        ...


class _Foreign:
    """A stream of another library, whose own errors mean that the file is damaged."""

    def __init__(self, stream: Stream, damaged: type[Exception]) -> None:
        self._stream, self._damaged = stream, damaged

    def read1(self, count: int, /) -> bytes:
        """Return what one step gives."""
        try:
            return self._stream.read1(count)
        except self._damaged as error:
            raise EOFError(str(error)) from error

    def close(self) -> None:
        """Close it."""
        self._stream.close()


def _zstd(file: BinaryIO) -> Stream:
    zstandard: Any = import_module("zstandard")
    unpacker = zstandard.ZstdDecompressor(max_window_size=LONGEST_ZSTD_WINDOW)
    stream = unpacker.stream_reader(file, read_across_frames=True, closefd=False)
    return _Foreign(stream, zstandard.ZstdError)


def _lz4(file: BinaryIO) -> Stream:
    frame: Any = import_module("lz4.frame")
    return _Foreign(frame.open(file), RuntimeError)


# How a file begins, what opens it, and the command that unpacks it where that is missing.
OPENERS: tuple[tuple[bytes, Callable[[Any], Any], str], ...] = (
    (b"\x1f\x8b", gzip.open, "gzip -d"),
    (b"BZh", bz2.open, "bzip2 -d"),
    (b"\xfd7zXZ\0", lzma.open, "xz -d"),
    (b"\x28\xb5\x2f\xfd", _zstd, "zstd -d"),
    (b"\x04\x22\x4d\x18", _lz4, "lz4 -d"),
)
BROKEN = (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile)


class UnpackedFile:
    """The bytes of a file, decompressed where needed. ``cut_off`` says why it ended early, if it did."""

    def __init__(self, path: Path) -> None:
        self.cut_off = ""
        self._path = path
        self._file = path.open("rb", buffering=0)
        self._left = 1 << 62
        head = self._file.read(8) or b""
        self._file.seek(0)
        found = next((row for row in OPENERS if head.startswith(row[0])), None)
        self._open: Callable[[Any], Stream] | None = None if found is None else found[1]
        self._unpacked: Stream | None = None
        if found is not None and self._open is not None:
            try:
                self._unpacked = self._open(self._file)
            except ImportError as error:
                self._file.close()
                raise BadRecording(
                    f"{path.name} is compressed, and {error.name} is not installed",
                    hint=f"Unpack it first: {found[2]} {path.name}",
                ) from error
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
        if self._open is None:
            self._file.seek(at)
            return
        # Not every stream goes back: it begins anew.
        self._file.seek(0)
        self._unpacked = self._open(self._file)
        self.read(at)

    def close(self) -> None:
        """Close; may be called twice."""
        if self._unpacked is not None:
            self._unpacked.close()
        self._file.close()

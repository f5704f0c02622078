"""Files that grow while a session runs: bounded and hashed; no device waits for the disk."""

from __future__ import annotations

import hashlib
import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

BUFFER_BYTES = 1 << 20
MEGABYTE = 1_000_000
KEPT_FREE_SHARE = {"sdr": 0.25, "camera": 0.1}  # the greedy parts leave this much of the limit to the others


class ReadBudget:
    """The number of bytes that a session may take, shared by all its parts."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._used = 0
        self._lock = threading.Lock()

    def take(self, count: int, role: str) -> bool:
        """Ask for ``count`` bytes; False where the part would take too much."""
        most = self._limit * (1.0 - KEPT_FREE_SHARE.get(role, 0.0))
        with self._lock:
            if self._used + count > most:
                return False
            self._used += count
            return True


class RecordingStopped(Exception):
    """A part cannot be recorded any further. This error never leaves the package: the run goes on."""


class GrowingFile:
    """An append-only file. A write is there wholly or, after a failure, not at all."""

    def __init__(self, path: Path, *, role: str, budget: ReadBudget) -> None:
        self.path = path
        self.role = role
        self.bytes = 0
        self._budget = budget
        self._digest = hashlib.sha256()
        self._file: BinaryIO | None = None

    def write(self, content: bytes) -> None:
        """Append. Raises `RecordingStopped` at the limit or where the disk is full."""
        if not self._budget.take(len(content), self.role):
            raise RecordingStopped("the limit of the session is reached")
        try:
            if self._file is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._file = self.path.open("wb", buffering=BUFFER_BYTES)
            self._file.write(content)
        except (OSError, ValueError) as error:
            self._give_up()
            raise RecordingStopped(f"the disk takes no more: {error}") from error
        self._digest.update(content)
        self.bytes += len(content)

    def flush(self) -> None:
        """Hand everything to the system, which writes it in its own time; `close` waits for that."""
        try:
            if self._file is not None:
                self._file.flush()
        except OSError as error:
            self._give_up()
            raise RecordingStopped(f"the disk takes no more: {error}") from error

    def close(self, *, durably: bool = True) -> None:
        """Write everything to the disk itself, or leave that for later, and close; may be called twice."""
        try:
            if self._file is not None:
                self._file.flush()
                if durably:
                    os.fsync(self._file.fileno())
                self._file.close()
                if durably:
                    sync_folder(self.path.parent)
        except OSError:
            self._give_up()
        self._file = None

    def sha256(self) -> str:
        """Return the digest of what was written."""
        return self._digest.hexdigest()

    def _give_up(self) -> None:
        """Cut off what was written in part, and hash again what is really there."""
        file, self._file = self._file, None
        try:
            if file is not None:
                file.raw.close()  # type: ignore[attr-defined]
            size = self.path.stat().st_size
            if size > self.bytes:
                with self.path.open("rb+") as again:
                    again.truncate(self.bytes)
            self.bytes = min(size, self.bytes)
            self._digest = hashlib.sha256(self.path.read_bytes())
        except OSError:
            self.bytes = 0


def replace_durably(path: Path, content: bytes) -> None:
    """Write a file in place of what is there, on the disk itself when this returns. Raises `OSError`."""
    partial = path.with_suffix(".part")
    with partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    sync_folder(path.parent)


def sync_file(path: Path) -> None:
    """Wait until a file that was written and closed is on the disk itself. Raises `OSError`."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable; some file systems cannot, and need not."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

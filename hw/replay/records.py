"""Reads the records of a capture in pieces, by number or by time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from hw.formats.capture import CaptureReader, RecordBatch


class Records:
    """The records of a capture, taken by number or by time."""

    def __init__(self, path: Path, *, accept: frozenset[int], mend_times: bool) -> None:
        self.reader = CaptureReader(path, accept=accept, mend_times=mend_times)
        self._batches = iter(self.reader)
        self._batch: RecordBatch | None = None
        self._at = 0

    def head(self) -> RecordBatch | None:
        """Return the batch that holds the next record, None at the end."""
        while self._batch is None or self._at >= len(self._batch):
            self._batch, self._at = next(self._batches, None), 0
            if self._batch is None:
                return None
        return self._batch

    def next_ns(self) -> int | None:
        """Return the time of the next record, None at the end."""
        batch = self.head()
        return None if batch is None else int(batch.times_ns[self._at])

    def take(self, count: int) -> RecordBatch | None:
        """Return up to ``count`` records, fewer where a batch ends."""
        batch = self.head()
        if batch is None:
            return None
        first, self._at = self._at, min(self._at + count, len(batch))
        return _cut(batch, first, self._at)

    def take_before(self, t_ns: int) -> RecordBatch | None:
        """Return the records before ``t_ns``, fewer where a batch ends; None where the next is later."""
        batch = self.head()
        if batch is None:
            return None
        last = self._at + int(np.searchsorted(batch.times_ns[self._at :], t_ns, side="left"))
        return self.take(last - self._at) if last > self._at else None


def _cut(batch: RecordBatch, first: int, last: int) -> RecordBatch:
    columns = ("starts", "lengths", "wire_lengths", "times_ns", "flags")
    return replace(batch, **{name: getattr(batch, name)[first:last] for name in columns})


def gather(records: Records, count: int, first_ns: int | None) -> RecordBatch | None:
    """Return ``count`` records as one batch, copied together where they lie in several chunks.

    Stamps count from 1970, the session from its start: ``first_ns`` is the session time of the first record.
    """
    pieces: list[RecordBatch] = []
    while count > 0 and (piece := records.take(count)) is not None:
        pieces.append(piece)
        count -= len(piece)
    if not pieces:
        return None
    batch = pieces[0] if len(pieces) == 1 else _joined(pieces)
    shift_ns = 0 if first_ns is None else first_ns - int(batch.times_ns[0])
    return replace(batch, times_ns=batch.times_ns + shift_ns)


def _joined(pieces: list[RecordBatch]) -> RecordBatch:
    buffer, starts = bytearray(), []
    for piece in pieces:
        low, high = int(piece.starts.min()), int((piece.starts + piece.lengths).max())
        starts.append(piece.starts - low + len(buffer))
        buffer += memoryview(piece.buffer)[low:high]
    columns = ("lengths", "wire_lengths", "times_ns", "flags")
    together: dict[str, Any] = {c: np.concatenate([getattr(p, c) for p in pieces]) for c in columns}
    return replace(pieces[0], buffer=bytes(buffer), starts=np.concatenate(starts), **together)

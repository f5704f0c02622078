"""Recorded radios: Wi-Fi frames and Bluetooth LE adverts.

A session of our own has ``wifi.jsonl`` and ``ble.jsonl`` beside its captures, one line a read: its batches
come again exactly as they were. A capture made elsewhere is cut into reads of the duration that is asked for;
where nothing was heard for longer, one read spans the silence, so that a day with few frames is soon over.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from hw.capture import BLE_LINKS, DOT11_LINKS, RADIOTAP, CaptureReader, RecordBatch
from hw.config import HwConfig
from hw.hci import AdvertDecoder
from hw.protocols import Clock
from hw.replay.device import RecordedDevice
from hw.replay.lines import read_lines, tallies, whole
from hw.replay.session import Parts, open_parts
from hw.types import BleAdvert, BleBatch, Dot11Batch

MOST_CHANNELS = 256
BILLION = 1_000_000_000
LONGEST_READ_S = 3600.0
UNFINISHED = "recording_cut_off"  # the index names frames that the capture does not hold
ADVERT_FIELDS = {f.name for f in fields(BleAdvert)}


class Records:
    """Records of a capture, taken by number or by time."""

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


class RecordedMonitor(RecordedDevice):
    """Plays 802.11 frames back."""

    def __init__(self, *, parts: Parts, clock: Clock, records: Records, index: Path | None) -> None:
        super().__init__(role="monitor", parts=parts, clock=clock)
        self._records = records
        self._index = read_lines(index, self.dropped) if index else None
        self._channels_hz = _channels_hz(index)
        self._told: Counter[str] = Counter()  # what earlier batches said was unreadable
        self._t_ns = 0

    def channels_hz(self) -> tuple[float, ...]:
        """Return the channels that were listened to; none where the capture does not say."""
        return self._channels_hz

    def set_channel(self, *, center_hz: float) -> None:
        """Change nothing: the channel was chosen when it was recorded."""

    def read(self, *, duration_s: float) -> Dot11Batch:
        """Return the next read as it was, or the frames of the next ``duration_s``."""
        self._begin()
        batch = self._indexed() if self._index else self._window(duration_s)
        self._given(batch.until_ns)
        return batch

    def _skip(self) -> None:
        if self._index is None:
            raise self._end()
        self._indexed()
        self._reads += 1

    def close(self) -> None:
        """Close the capture."""
        super().close()
        self._records.reader.close()

    def _indexed(self) -> Dot11Batch:
        assert self._index is not None  # noqa: S101 - for the type checker
        entry = next(self._index, None)
        if entry is None:
            raise self._end()
        t_ns, until_ns, count = (whole(entry, key) or 0 for key in ("t_ns", "until_ns", "frames"))
        records = _gather(self._records, count, whole(entry, "first_ns", least=-(1 << 62)))
        if count and (records is None or len(records) < count):
            self.dropped[UNFINISHED] += count - (len(records) if records else 0)
        empty_link = whole(entry, "link_type") or RADIOTAP
        channel_hz = entry.get("channel_hz")
        batch = _dot11_batch(records, t_ns=t_ns, until_ns=max(until_ns, t_ns), link_type=empty_link)
        return replace(
            batch,
            channel_hz=float(channel_hz) if isinstance(channel_hz, int | float) else None,
            lost=whole(entry, "lost") or 0,
            dropped=tallies(entry, "dropped"),
        )

    def _window(self, duration_s: float) -> Dot11Batch:
        next_ns = self._records.next_ns()
        if next_ns is None:
            raise self._end()
        until_ns, t_ns = _window_end(self._t_ns, next_ns, duration_s), self._t_ns
        records = self._records.take_before(until_ns)
        rest_ns = self._records.next_ns()
        if rest_ns is not None and rest_ns < until_ns:  # the file's chunk ended inside the window
            until_ns = max(rest_ns, t_ns)
        self._t_ns = until_ns
        batch = _dot11_batch(records, t_ns=t_ns, until_ns=until_ns, link_type=RADIOTAP)
        return replace(batch, dropped=self._news())

    def _news(self) -> Mapping[str, int]:
        """Return what has become unreadable since the last batch."""
        total = self._records.reader.dropped
        news, self._told = total - self._told, total
        self.dropped.update(news)
        return dict(news)


class RecordedBle(RecordedDevice):
    """Plays adverts back."""

    def __init__(self, *, parts: Parts, clock: Clock, records: Records, index: Path | None) -> None:
        super().__init__(role="ble", parts=parts, clock=clock)
        self._records = records
        self._index = read_lines(index, self.dropped) if index else None
        self._decoder = AdvertDecoder()
        self._told: Counter[str] = Counter()
        self._t_ns = 0
        self._flushed = False

    def read(self, *, duration_s: float) -> BleBatch:
        """Return the next read as it was, or the adverts of the next ``duration_s``."""
        self._begin()
        batch = self._indexed() if self._index else self._window(duration_s)
        self._given(batch.until_ns)
        return batch

    def _skip(self) -> None:
        if self._index is None:
            raise self._end()
        self._indexed()
        self._reads += 1

    def close(self) -> None:
        """Close the capture."""
        super().close()
        self._records.reader.close()

    def _indexed(self) -> BleBatch:
        assert self._index is not None  # noqa: S101 - for the type checker
        entry = next(self._index, None)
        if entry is None:
            raise self._end()
        t_ns, until_ns, count = (whole(entry, key) or 0 for key in ("t_ns", "until_ns", "records"))
        records = _gather(self._records, count, whole(entry, "first_ns", least=-(1 << 62)))
        if count and (records is None or len(records) < count):
            self.dropped[UNFINISHED] += count - (len(records) if records else 0)
        adverts = list(_decode(self._decoder, records)) if records else []
        patched = _patched(adverts, entry.get("adverts"), self.dropped)
        return BleBatch(
            t_ns=t_ns, until_ns=max(until_ns, t_ns), adverts=patched, dropped=tallies(entry, "dropped")
        )

    def _window(self, duration_s: float) -> BleBatch:
        next_ns = self._records.next_ns()
        if next_ns is None:
            return self._last()
        until_ns, t_ns = _window_end(self._t_ns, next_ns, duration_s), self._t_ns
        adverts: list[BleAdvert] = []
        while (records := self._records.take_before(until_ns)) is not None:
            adverts += _decode(self._decoder, records)
        self._t_ns = until_ns
        return BleBatch(t_ns=t_ns, until_ns=until_ns, adverts=tuple(adverts), dropped=self._news())

    def _last(self) -> BleBatch:
        """Give once what was never completed, then the end."""
        rest = [] if self._flushed else self._decoder.flush()
        self._flushed = True
        if not rest:
            raise self._end()
        return BleBatch(t_ns=self._t_ns, until_ns=self._t_ns, adverts=tuple(rest), dropped=self._news())

    def _news(self) -> Mapping[str, int]:
        total = self._records.reader.dropped + self._decoder.dropped
        news, self._told = total - self._told, total
        self.dropped.update(news)
        return dict(news)


def open_monitor(*, target: str, config: HwConfig, clock: Clock) -> RecordedMonitor:  # noqa: ARG001 - kit factory
    """Open the recorded Wi-Fi adapter of a session, or a single capture."""
    parts = open_parts(target, "monitor")
    index = _index(parts, "wifi.jsonl")
    records = Records(parts.monitor[0], accept=DOT11_LINKS, mend_times=index is None)
    return RecordedMonitor(parts=parts, clock=clock, records=records, index=index).resume()


def open_ble(*, target: str, config: HwConfig, clock: Clock) -> RecordedBle:  # noqa: ARG001 - kit factory
    """Open the recorded Bluetooth controller of a session, or a single capture."""
    parts = open_parts(target, "ble")
    index = _index(parts, "ble.jsonl")
    records = Records(parts.ble[0], accept=BLE_LINKS, mend_times=index is None)
    return RecordedBle(parts=parts, clock=clock, records=records, index=index).resume()


def _index(parts: Parts, name: str) -> Path | None:
    path = parts.root / name
    return path if parts.session and path.is_file() else None


def _channels_hz(index: Path | None) -> tuple[float, ...]:
    if index is None:
        return ()
    first: dict[str, Any] = next(read_lines(index, Counter()), {})
    channels = first.get("channels_hz")
    if not isinstance(channels, list):
        return ()
    return tuple(float(c) for c in channels[:MOST_CHANNELS] if isinstance(c, int | float))


def _window_end(t_ns: int, next_ns: int, duration_s: float) -> int:
    duration_ns = round(min(max(duration_s, 0.0), LONGEST_READ_S) * BILLION) or 1
    return (next_ns if next_ns >= t_ns + duration_ns else t_ns) + duration_ns


def _cut(batch: RecordBatch, first: int, last: int) -> RecordBatch:
    columns = ("starts", "lengths", "wire_lengths", "times_ns", "flags")
    return replace(batch, **{name: getattr(batch, name)[first:last] for name in columns})


def _gather(records: Records, count: int, first_ns: int | None) -> RecordBatch | None:
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
        low, high = int(piece.starts[0]), int(piece.starts[-1] + piece.lengths[-1])
        starts.append(piece.starts - low + len(buffer))
        buffer += memoryview(piece.buffer)[low:high]
    columns = ("lengths", "wire_lengths", "times_ns", "flags")
    together: dict[str, Any] = {c: np.concatenate([getattr(p, c) for p in pieces]) for c in columns}
    return replace(pieces[0], buffer=bytes(buffer), starts=np.concatenate(starts), **together)


def _dot11_batch(records: RecordBatch | None, *, t_ns: int, until_ns: int, link_type: int) -> Dot11Batch:
    none = np.zeros(0, dtype=np.int64)
    if records is None or not len(records):
        return Dot11Batch(
            t_ns=t_ns,
            until_ns=until_ns,
            channel_hz=None,
            link_type=link_type,
            buffer=b"",
            starts=none,
            lengths=none,
            wire_lengths=none,
            times_ns=none,
        )
    low, high = int(records.starts[0]), int(records.starts[-1] + records.lengths[-1])
    return Dot11Batch(
        t_ns=t_ns,
        until_ns=until_ns,
        channel_hz=None,
        link_type=records.link_type,
        buffer=memoryview(records.buffer)[low:high],  # only what this batch needs, so that nobody copies more
        starts=records.starts - low,
        lengths=records.lengths,
        wire_lengths=records.wire_lengths,
        times_ns=records.times_ns,
    )


def _decode(decoder: AdvertDecoder, records: RecordBatch) -> Iterator[BleAdvert]:
    buffer, link_type = records.buffer, records.link_type
    columns = (records.starts, records.lengths, records.times_ns, records.flags)
    for start, length, t_ns, flags in zip(*(c.tolist() for c in columns), strict=True):
        yield from decoder.decode(buffer[start : start + length], link_type=link_type, t_ns=t_ns, flags=flags)


def _patched(adverts: list[BleAdvert], patches: object, dropped: Counter[str]) -> tuple[BleAdvert, ...]:
    """Put back what HCI cannot say: ``patches`` holds for every advert the fields that differ."""
    if not isinstance(patches, list):
        return tuple(adverts)
    decoded = iter(adverts)
    whole_adverts = []
    for patch in patches:
        begun = None if isinstance(patch, dict) and "data" in patch else next(decoded, None)
        try:
            whole_adverts.append(_patch(begun, patch))
        except (TypeError, ValueError):
            dropped["bad_advert"] += 1
    return tuple(whole_adverts)


def _patch(advert: BleAdvert | None, patch: object) -> BleAdvert:
    changes = {k: v for k, v in patch.items() if k in ADVERT_FIELDS} if isinstance(patch, dict) else {}
    if "data" in changes:
        changes["data"] = bytes.fromhex(changes["data"])
    return BleAdvert(**changes) if advert is None else replace(advert, **changes)

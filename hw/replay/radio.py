"""Recorded radios: play back Wi-Fi frames and Bluetooth LE adverts.

A session of our own has ``wifi.jsonl`` and ``ble.jsonl`` beside its captures, one line a read: its batches
come again exactly as they were. A capture made elsewhere is cut into reads of the duration that is asked for;
where nothing was heard for longer, one read spans the silence, so that a day with few frames is soon over.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np

from hw.config import HwConfig
from hw.formats.btsnoop_hci import AdvertDecoder
from hw.formats.capture import BLE_LINKS, DOT11_LINKS, RADIOTAP, RecordBatch
from hw.protocols import Clock
from hw.replay.device import RecordedDevice
from hw.replay.jsonl import read_lines, tallies, whole
from hw.replay.records import Records, gather
from hw.replay.session import Parts, open_parts
from hw.types import WIFI_BANDS_MHZ, BleAdvert, BleBatch, Dot11Batch

MOST_CHANNELS = 256
BILLION = 1_000_000_000
LONGEST_READ_S = 3600.0
UNFINISHED = "recording_cut_off"  # the index names frames that the capture does not hold
Batch = TypeVar("Batch", Dot11Batch, BleBatch)
ADVERT_FIELDS = {f.name for f in fields(BleAdvert)}


class RecordedRadio(RecordedDevice, ABC, Generic[Batch]):
    """Base of the recorded radios: repeats the reads of an index, or cuts a foreign capture into reads.

    ``counted`` is the key of the index that says how many records a read had.
    """

    role: ClassVar[str]
    counted: ClassVar[str]

    def __init__(self, *, parts: Parts, clock: Clock, records: Records, index: Path | None) -> None:
        super().__init__(role=self.role, parts=parts, clock=clock)
        self._records = records
        self._index = read_lines(index, self.dropped) if index else None
        self._told: Counter[str] = Counter()  # what earlier batches said was unreadable
        self._t_ns = 0

    def read(self, *, duration_s: float) -> Batch:
        """Return the next read of the index, or the records of the next ``duration_s``."""
        self._begin()
        batch = self._indexed() if self._index else self._window(duration_s)
        self._given(batch.until_ns)
        return batch

    def close(self) -> None:
        """Close the capture."""
        super().close()
        self._records.reader.close()

    def _skip(self) -> None:
        if self._index is None:
            raise self._end()
        self._indexed()
        self._reads += 1

    def _indexed(self) -> Batch:
        assert self._index is not None  # noqa: S101 - for the type checker
        entry = next(self._index, None)
        if entry is None:
            raise self._end()
        t_ns, until_ns, count = (whole(entry, key) or 0 for key in ("t_ns", "until_ns", self.counted))
        records = gather(self._records, count, whole(entry, "first_ns", least=-(1 << 62)))
        if count and (records is None or len(records) < count):
            self.dropped[UNFINISHED] += count - (len(records) if records else 0)
        return self._as_it_was(entry, records, t_ns=t_ns, until_ns=max(until_ns, t_ns))

    @abstractmethod
    def _as_it_was(
        self, entry: Mapping[str, Any], records: RecordBatch | None, *, t_ns: int, until_ns: int
    ) -> Batch:
        """Return the read that a line of the index describes."""

    @abstractmethod
    def _window(self, duration_s: float) -> Batch:
        """Return what came in the next ``duration_s``."""

    def _unreadable(self) -> Counter[str]:
        """Return what was left out so far, by reason."""
        return self._records.reader.dropped

    def _news(self) -> Mapping[str, int]:
        """Return what has become unreadable since the last batch."""
        total = Counter(self._unreadable())
        news, self._told = total - self._told, total
        self.dropped.update(news)
        return dict(news)


class RecordedMonitor(RecordedRadio[Dot11Batch]):
    """Plays 802.11 frames back."""

    role = "monitor"
    counted = "frames"

    def __init__(self, *, parts: Parts, clock: Clock, records: Records, index: Path | None) -> None:
        super().__init__(parts=parts, clock=clock, records=records, index=index)
        self._channels_hz, self._generations = _abilities(index)

    def channels_hz(self) -> tuple[float, ...]:
        """Return the channels that were listened to; none where the capture does not name them."""
        return self._channels_hz

    def generations(self) -> Mapping[str, int]:
        """Return the Wi-Fi generations that the adapter decoded; none where the capture does not say."""
        return self._generations

    def set_channel(self, *, center_hz: float) -> None:
        """Change nothing: the channel was chosen when it was recorded."""

    def _as_it_was(
        self, entry: Mapping[str, Any], records: RecordBatch | None, *, t_ns: int, until_ns: int
    ) -> Dot11Batch:
        channel_hz = entry.get("channel_hz")
        batch = _dot11_batch(
            records, t_ns=t_ns, until_ns=until_ns, link_type=whole(entry, "link_type") or RADIOTAP
        )
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
        return replace(batch, dropped=self._news(), notes=self._records.reader.notes)


class RecordedBle(RecordedRadio[BleBatch]):
    """Plays adverts back."""

    role = "ble"
    counted = "records"

    def __init__(self, *, parts: Parts, clock: Clock, records: Records, index: Path | None) -> None:
        super().__init__(parts=parts, clock=clock, records=records, index=index)
        self._decoder = AdvertDecoder()
        self._flushed = False

    def _as_it_was(
        self, entry: Mapping[str, Any], records: RecordBatch | None, *, t_ns: int, until_ns: int
    ) -> BleBatch:
        adverts = list(_decode(self._decoder, records)) if records else []
        patched = _patched(adverts, entry.get("adverts"), self.dropped)
        return BleBatch(t_ns=t_ns, until_ns=until_ns, adverts=patched, dropped=tallies(entry, "dropped"))

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

    def _unreadable(self) -> Counter[str]:
        return self._records.reader.dropped + self._decoder.dropped


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


def _abilities(index: Path | None) -> tuple[tuple[float, ...], Mapping[str, int]]:
    """Return channels and generations of the adapter, as the first line of the index has them."""
    first: dict[str, Any] = {} if index is None else next(read_lines(index, Counter()), {})
    channels, newest = first.get("channels_hz"), first.get("generations")
    channels = channels[:MOST_CHANNELS] if isinstance(channels, list) else []
    newest = newest if isinstance(newest, dict) else {}
    return (
        tuple(float(c) for c in channels if isinstance(c, int | float)),
        {band: newest[band] for band in WIFI_BANDS_MHZ if isinstance(newest.get(band), int)},
    )


def _window_end(t_ns: int, next_ns: int, duration_s: float) -> int:
    duration_ns = round(min(max(duration_s, 0.0), LONGEST_READ_S) * BILLION) or 1
    return (next_ns if next_ns >= t_ns + duration_ns else t_ns) + duration_ns


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
    low, high = int(records.starts.min()), int((records.starts + records.lengths).max())
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

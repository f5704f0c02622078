"""Reads capture headers as numpy columns: radiotap, Prism, AVS, PPI and none, many frames at once.

Frames that share a radiotap layout (length and presence words) are read together, so that Python runs once
a layout and not once a frame. A capture has a handful of layouts; a hostile one is bounded by
`LAYOUT_LIMIT`, beyond which frames are counted as unreadable.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hw.types import Dot11Batch

PAD_BYTES = 192  # zeros behind the buffer, so that fixed-width reads never leave it
LAYOUT_LIMIT = 512  # different radiotap layouts in one batch
WORD_LIMIT = 8  # presence words of one header; drivers use at most one an antenna
NO_RSSI = np.int16(-32768)
RSSI_RANGE_DBM = (-120, -1)  # what a receiver can mean

IEEE802_11, PRISM, RADIOTAP, AVS, PPI = 105, 119, 127, 163, 192
LINK_TYPES = frozenset({IEEE802_11, PRISM, RADIOTAP, AVS, PPI})

# radiotap fields by bit: (size, alignment) in bytes, from radiotap.org
FIELDS: tuple[tuple[int, int], ...] = (
    (8, 8), (1, 1), (1, 1), (4, 2), (2, 2), (1, 1), (1, 1), (2, 2), (2, 2), (2, 2),
    (1, 1), (1, 1), (1, 1), (1, 1), (2, 2), (2, 2), (1, 1), (1, 1), (8, 4), (3, 1),
    (8, 4), (12, 2), (12, 8), (12, 2), (12, 2), (6, 2), (1, 1), (4, 2),
)  # fmt: skip
TSFT, FLAGS, RATE, CHANNEL, SIGNAL = 0, 1, 2, 3, 5
TLV, RADIOTAP_NAMESPACE, VENDOR_NAMESPACE, EXTENDED = 28, 29, 30, 31
FLAG_FCS, FLAG_PAD, FLAG_BAD_FCS = 0x10, 0x20, 0x40

FcsMeaning = Literal["unknown", "true", "absent", "stale"]  # what frame check sequences really are


@dataclass(frozen=True, slots=True, kw_only=True)
class RadiotapFields:
    """The adapter's fields of each frame, and where the 802.11 frame begins."""

    offset: NDArray[np.int64]  # into the padded buffer; meaningless where not ok
    size: NDArray[np.int64]  # captured 802.11 bytes, without FCS
    wire_size: NDArray[np.int64]  # 802.11 bytes on the air, without FCS
    rssi_dbm: NDArray[np.int16]
    mhz: NDArray[np.int32]  # 0 where unknown
    bad_fcs: NDArray[np.bool_]
    checksum: NDArray[np.bool_]  # a checksum that means something follows, and nothing was cut off
    fcs_told: NDArray[np.bool_]  # as the capture header has it, true or not
    padded: NDArray[np.bool_]  # the driver put two bytes between header and body
    ok: NDArray[np.bool_]


@dataclass(slots=True)
class _Columns:
    header: NDArray[np.int64]
    rssi: NDArray[np.int16]
    mhz: NDArray[np.int32]
    flags: NDArray[np.uint8]
    ok: NDArray[np.bool_]

    @classmethod
    def empty(cls, n: int) -> _Columns:
        return cls(
            header=np.zeros(n, np.int64),
            rssi=np.full(n, NO_RSSI),
            mhz=np.zeros(n, np.int32),
            flags=np.zeros(n, np.uint8),
            ok=np.ones(n, bool),
        )


def padded_bytes(batch: Dot11Batch) -> tuple[Dot11Batch, NDArray[np.uint8]]:
    """Return the frames of a batch with zeros behind them, and the batch counted from there.

    Parameters
    ----------
    batch : Dot11Batch
        Frames as offsets into a buffer.

    Returns
    -------
    batch : Dot11Batch
        Its ``starts`` (bytes) count from the first byte kept.
    data : ndarray, shape (n,), uint8
        The bytes of the frames, and `PAD_BYTES` zeros.

    Notes
    -----
    A recorded batch may be a small part of a large buffer: only that part is copied.
    """
    pad = np.zeros(PAD_BYTES, np.uint8)
    if not len(batch.starts):
        return batch, pad
    begin, end = int(batch.starts.min()), int((batch.starts + batch.lengths).max())
    part = np.frombuffer(batch.buffer, np.uint8, count=end - begin, offset=begin)
    return replace(batch, starts=batch.starts - begin), np.concatenate((part, pad))


def records(data: NDArray[np.uint8], at: NDArray[np.int64], kind: np.dtype[np.void]) -> NDArray[np.void]:
    """Read one packed record at each offset.

    Parameters
    ----------
    data : ndarray of uint8
        Padded buffer.
    at : ndarray, shape (n,)
        Offsets, each at most ``len(data) - kind.itemsize``.
    kind : dtype

    Returns
    -------
    ndarray, shape (n,), of ``kind``
    """
    windows = np.lib.stride_tricks.sliding_window_view(data, kind.itemsize)
    return np.ascontiguousarray(windows[at]).view(kind)[:, 0]


def read_capture(
    batch: Dot11Batch, data: NDArray[np.uint8], *, fcs_means: FcsMeaning = "unknown"
) -> RadiotapFields:
    """Read the capture headers of a batch.

    Parameters
    ----------
    batch : Dot11Batch
        From `padded_bytes`.
    data : ndarray, shape (n,), uint8
        The bytes that go with it.
    fcs_means : {"unknown", "true", "absent", "stale"}
        What `wifiscan.checksums` has learned: an absent checksum is part of the frame, a stale one is cut off
        and not believed.

    Returns
    -------
    RadiotapFields
        Columns, one value a frame: offsets and sizes in bytes, level in dBm, channel in MHz.
    """
    n = len(batch.starts)
    columns = _Columns.empty(n)
    reader = {RADIOTAP: _radiotap, PRISM: _prism, AVS: _avs, PPI: _ppi}.get(batch.link_type)
    if reader is not None and n:
        reader(data, batch, columns)
    columns.ok &= columns.header <= batch.lengths
    low, high = RSSI_RANGE_DBM
    columns.rssi[(columns.rssi < low) | (columns.rssi > high)] = NO_RSSI
    fcs = np.where((columns.flags & FLAG_FCS != 0) & (fcs_means != "absent"), 4, 0)
    wire = np.maximum(batch.wire_lengths - columns.header - fcs, 0)
    fcs_told = (fcs > 0) & (batch.lengths == columns.header + wire + fcs)
    return RadiotapFields(
        offset=np.where(columns.ok, batch.starts + columns.header, 0),
        size=np.maximum(np.minimum(batch.lengths - columns.header, wire), 0),
        wire_size=wire,
        rssi_dbm=columns.rssi,
        mhz=columns.mhz,
        bad_fcs=(columns.flags & FLAG_BAD_FCS) != 0,
        checksum=fcs_told & (fcs_means != "stale"),
        fcs_told=fcs_told,
        padded=(columns.flags & FLAG_PAD) != 0,
        ok=columns.ok,
    )


_RADIOTAP_HEAD = np.dtype([("version", "u1"), ("pad", "u1"), ("length", "<u2"), ("present", "<u4")])


def _radiotap(data: NDArray[np.uint8], batch: Dot11Batch, out: _Columns) -> None:
    head = records(data, batch.starts, _RADIOTAP_HEAD)
    out.header[:] = head["length"]
    out.ok &= (head["version"] == 0) & (head["length"] >= 8) & (head["length"] <= batch.lengths)
    key = head["length"].astype(np.uint64) << np.uint64(32) | head["present"]
    key[~out.ok] = 0
    groups = [(np.flatnonzero(key == k) if several else None, int(k)) for k, several in _distinct(key)]
    for at, value in groups:
        if value:
            rows = np.arange(len(key)) if at is None else at
            _group(data, batch, out, rows=rows, length=value >> 32, words=(value & 0xFFFFFFFF,))


def _distinct(key: NDArray[np.uint64]) -> list[tuple[np.uint64, bool]]:
    if (key == key[0]).all():
        return [(key[0], False)]
    return [(k, True) for k in np.unique(key)[:LAYOUT_LIMIT]]


def _group(
    data: NDArray[np.uint8],
    batch: Dot11Batch,
    out: _Columns,
    *,
    rows: NDArray[np.int64],
    length: int,
    words: tuple[int, ...],
) -> None:
    """Read the frames of one layout; a further presence word splits them again."""
    end = 4 + 4 * len(words)
    if words[-1] >> EXTENDED & 1:
        if end + 4 > length or len(words) >= WORD_LIMIT:
            out.ok[rows] = False
            return
        more = records(data, batch.starts[rows] + end, np.dtype([("word", "<u4")]))["word"]
        for word in np.unique(more)[:LAYOUT_LIMIT]:
            chosen = rows[more == word]
            _group(data, batch, out, rows=chosen, length=length, words=(*words, int(word)))
        return
    _fields(data, batch.starts[rows], out, rows=rows, layout=layout_of(words, length))


@lru_cache(maxsize=4096)
def layout_of(words: tuple[int, ...], length: int) -> tuple[tuple[int, int], ...]:
    """Return (field bit, offset) of the wanted fields that lie within a header.

    Notes
    -----
    The first occurrence of a field counts: later radiotap namespaces repeat it for single antennas. What
    follows a vendor namespace is left alone, its length is inside the data.
    """
    found: dict[int, int] = {}
    at = 4 + 4 * len(words)
    for word in words:
        for bit in range(TLV):
            if not word >> bit & 1:
                continue
            size, align = FIELDS[bit]
            at = -(-at // align) * align
            if at + size > length:
                return tuple(found.items())
            if bit in {FLAGS, CHANNEL, SIGNAL}:
                found.setdefault(bit, at)
            at += size
        if word >> TLV & 1 or word >> VENDOR_NAMESPACE & 1:
            break
    return tuple(found.items())


def _fields(
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    out: _Columns,
    *,
    rows: NDArray[np.int64],
    layout: tuple[tuple[int, int], ...],
) -> None:
    for bit, at in layout:
        if bit == FLAGS:
            out.flags[rows] = data[starts + at]
        elif bit == CHANNEL:
            out.mhz[rows] = data[starts + at].astype(np.int32) | data[starts + at + 1].astype(np.int32) << 8
        else:
            out.rssi[rows] = data[starts + at].view(np.int8)


_PRISM_HEAD = np.dtype(
    {
        "names": ["code", "length", "avs_length", "channel", "signal"],
        "formats": ["<u4", "<u4", ">u4", "<u4", "<i4"],
        "offsets": [0, 4, 4, 56, 92],
        "itemsize": 96,
    }
)
AVS_MAGIC = 0x01102180  # 0x80211001, read in the other byte order
PRISM_BYTES = 144


def _prism(data: NDArray[np.uint8], batch: Dot11Batch, out: _Columns) -> None:
    head = records(data, batch.starts, _PRISM_HEAD)
    avs = head["code"] == AVS_MAGIC
    _avs_rows(data, batch, out, np.flatnonzero(avs))
    old = ~avs
    out.header[old] = head["length"][old]
    out.ok[old] &= (head["length"][old] >= 24) & (batch.lengths[old] >= 24)
    whole = old & (head["length"] >= PRISM_BYTES)
    out.rssi[whole] = np.clip(head["signal"][whole], -32768, 32767).astype(np.int16)
    out.mhz[whole] = channel_mhz(head["channel"][whole])


_AVS_HEAD = np.dtype(
    {
        "names": ["magic", "length", "channel", "kind", "signal"],
        "formats": [">u4", ">u4", ">u4", ">u4", ">i4"],
        "offsets": [0, 4, 28, 44, 48],
        "itemsize": 64,
    }
)
AVS_DBM = 2  # kind of signal: dBm


def _avs(data: NDArray[np.uint8], batch: Dot11Batch, out: _Columns) -> None:
    _avs_rows(data, batch, out, np.arange(len(batch.starts)))


def _avs_rows(data: NDArray[np.uint8], batch: Dot11Batch, out: _Columns, rows: NDArray[np.int64]) -> None:
    head = records(data, batch.starts[rows], _AVS_HEAD)
    out.header[rows] = head["length"]
    out.ok[rows] &= (head["length"] >= 64) & (batch.lengths[rows] >= 64)
    dbm = head["kind"] == AVS_DBM
    out.rssi[rows[dbm]] = np.clip(head["signal"][dbm], -32768, 32767).astype(np.int16)
    out.mhz[rows] = channel_mhz(head["channel"])


_PPI_HEAD = np.dtype([("version", "u1"), ("flags", "u1"), ("length", "<u2"), ("dlt", "<u4")])
_PPI_FIELD = np.dtype([("kind", "<u2"), ("size", "<u2")])
_PPI_COMMON = np.dtype(
    {
        "names": ["flags", "mhz", "dbm"],
        "formats": ["<u2", "<u2", "i1"],
        "offsets": [8, 12, 18],
        "itemsize": 20,
    }
)
PPI_COMMON_KIND, PPI_FIELD_LIMIT = 2, 8
PPI_FCS, PPI_BAD_FCS = 0x01, 0x04


def _ppi(data: NDArray[np.uint8], batch: Dot11Batch, out: _Columns) -> None:
    head = records(data, batch.starts, _PPI_HEAD)
    out.header[:] = head["length"]
    out.ok &= (head["version"] == 0) & (head["dlt"] == IEEE802_11) & (head["length"] >= 8)
    out.ok &= head["length"] <= batch.lengths
    at, end = batch.starts + 8, batch.starts + head["length"]
    for _ in range(PPI_FIELD_LIMIT):
        live = np.flatnonzero(out.ok & (at + 4 <= end))
        if not len(live):
            return
        field = records(data, at[live], _PPI_FIELD)
        common = live[
            (field["kind"] == PPI_COMMON_KIND) & (field["size"] >= 20) & (at[live] + 24 <= end[live])
        ]
        body = records(data, at[common] + 4, _PPI_COMMON)
        out.mhz[common] = body["mhz"]
        out.rssi[common] = body["dbm"]
        out.flags[common] = np.where(body["flags"] & PPI_FCS, FLAG_FCS, 0) | np.where(
            body["flags"] & PPI_BAD_FCS, FLAG_BAD_FCS, 0
        )
        at[live] += 4 + field["size"].astype(np.int64)


def channel_mhz(number: NDArray[np.uint32]) -> NDArray[np.int32]:
    """Return the centre frequency of channel numbers (2.4 and 5 GHz).

    Parameters
    ----------
    number : ndarray, shape (n,), uint32
        Channel numbers; above 2000 they are taken for MHz.

    Returns
    -------
    ndarray, shape (n,), int32
        MHz, 0 where there is no such channel.
    """
    n = np.minimum(number, 10_000).astype(np.int32)
    low = np.where(n == 14, 2484, 2407 + 5 * n)
    high = np.where(n >= 5000, n, 5000 + 5 * n)
    known = np.where(n <= 14, low, np.where(n <= 196, high, np.where(n > 2000, n, 0)))
    return np.where(n == 0, 0, known).astype(np.int32)

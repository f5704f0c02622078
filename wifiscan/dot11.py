"""Reads 802.11 headers of many frames as numpy columns: sender, receiver, size and direction.

::

    Dot11Batch ─► capture headers (radiotap …) ─► MAC headers ─► Headers (columns) + dropped {reason: n}
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hw.types import Dot11Batch
from wifiscan.radiotap import LINK_TYPES, FcsMeaning, RadiotapFields, padded_bytes, read_capture, records

MANAGEMENT, CONTROL, DATA, EXTENSION = 0, 1, 2, 3
ASSOCIATION_REQUEST, REASSOCIATION_REQUEST, PROBE_REQUEST, PROBE_RESPONSE, BEACON = 0, 2, 4, 5, 8
DISASSOCIATION, DEAUTHENTICATION, ACTION = 10, 12, 13
BLOCK_ACK_REQUEST, BLOCK_ACK, PS_POLL, RTS, CTS, ACK = 8, 9, 10, 11, 12, 13
TO_DS, FROM_DS, RETRY, PROTECTED, ORDER = 0x01, 0x02, 0x08, 0x40, 0x80
MAC_MASK = np.uint64(0xFFFF_FFFF_FFFF)
GROUP_BIT = np.uint64(1 << 40)
NO_QOS = 255
TRIED_FRAMES = 16  # flagged as damaged, whose checksum is tried
LONGEST_FRAME = 11_454  # bytes of an MPDU with the largest A-MSDU (802.11ac)

_MAC_HEAD = np.dtype(
    {
        "names": ["fc0", "fc1", "duration", "a1", "a2", "a3", "seq", "a4", "qos", "qos4"],
        "formats": ["u1", "u1", "<u2", ">u8", ">u8", ">u8", "<u2", ">u8", "u1", "u1"],
        "offsets": [0, 1, 2, 2, 8, 14, 22, 22, 24, 30],
        "itemsize": 32,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Headers:
    """Good frames of one batch, in order of time; addresses are 48-bit integers, 0 where there is none.

    ``body`` is the number of payload bytes (the clear and encrypted part behind the MAC header), ``body_at``
    where it begins in ``data``, ``body_kept`` how many of them were captured.
    """

    t_ns: NDArray[np.int64]
    kind: NDArray[np.uint8]
    subtype: NDArray[np.uint8]
    flags: NDArray[np.uint8]
    ra: NDArray[np.uint64]
    ta: NDArray[np.uint64]
    source: NDArray[np.uint64]
    bssid: NDArray[np.uint64]
    seq: NDArray[np.uint16]
    tid: NDArray[np.uint8]  # traffic class of QoS data, 255 without
    body: NDArray[np.int64]
    body_at: NDArray[np.int64]
    body_kept: NDArray[np.int64]
    rssi_dbm: NDArray[np.int16]
    mhz: NDArray[np.int32]
    amsdu: NDArray[np.bool_]
    at: NDArray[np.int64]
    kept: NDArray[np.int64]
    checksum: NDArray[np.bool_]  # a frame check sequence that means something follows a whole frame
    fcs_told: NDArray[np.bool_]  # the same as the capture header has it, whether it means something or not
    data: NDArray[np.uint8]
    dropped: Mapping[str, int]

    def __len__(self) -> int:
        return len(self.t_ns)


def read_headers(batch: Dot11Batch, *, fcs_means: FcsMeaning = "unknown") -> Headers:
    """Read every header of a batch.

    Frames with a bad checksum, an unreadable capture header, a foreign protocol version, a header cut short
    or an impossible transmitter are left out and counted by reason in ``dropped``.
    """
    dropped: Counter[str] = Counter(batch.dropped)
    if batch.link_type not in LINK_TYPES:
        dropped["link_type"] += len(batch.starts)
        none = np.empty(0, np.int64)
        batch = replace(batch, starts=none, lengths=none, wire_lengths=none, times_ns=none)
    batch, data = padded_bytes(batch)
    capture = _without_false_alarms(read_capture(batch, data, fcs_means=fcs_means), data)
    head = records(data, capture.offset, _MAC_HEAD)
    size = _header_bytes(head)
    return _columns(batch.times_ns, data, capture, head, size, dropped)


def _without_false_alarms(capture: RadiotapFields, data: NDArray[np.uint8]) -> RadiotapFields:
    """Clear the flag "bad FCS" of a batch where the checksums of most frames that bear it do fit."""
    rows = np.flatnonzero(capture.bad_fcs & capture.fcs_told & capture.ok)[:TRIED_FRAMES]
    fit = sum(_fits(data, int(capture.offset[r]), int(capture.size[r])) for r in rows.tolist())
    return replace(capture, bad_fcs=capture.bad_fcs & False) if 2 * fit > len(rows) else capture


def _header_bytes(head: NDArray[np.void]) -> NDArray[np.int64]:
    """Return the length of each MAC header, in bytes (IEEE 802.11-2020, 9.2.3 and 9.3.1)."""
    kind, subtype, flags = head["fc0"] >> 2 & 3, head["fc0"] >> 4, head["fc1"]
    both = (flags & (TO_DS | FROM_DS)) == (TO_DS | FROM_DS)
    qos = subtype >= 8
    ordered = (flags & ORDER) != 0
    data = 24 + 6 * both + 2 * qos + 4 * (qos & ordered)
    control = np.where((subtype == ACK) | (subtype == CTS), 10, 16)
    size = np.select([kind == DATA, kind == CONTROL], [data, control], default=24 + 4 * ordered)
    return np.asarray(size, np.int64)


def _good_rows(
    capture: RadiotapFields, head: NDArray[np.void], size: NDArray[np.int64], dropped: Counter[str]
) -> NDArray[np.int64]:
    kind = head["fc0"] >> 2 & 3
    ta = head["a2"] & MAC_MASK
    named = kind != CONTROL
    good = np.ones(len(head), bool)
    for reason, mask in (
        ("capture_header", ~capture.ok),
        ("bad_fcs", capture.bad_fcs),
        ("version", ((head["fc0"] & 3) != 0) | (kind == EXTENSION)),
        ("truncated", (capture.size < size) | (capture.wire_size < size)),
        ("absurd_length", capture.wire_size > LONGEST_FRAME),
        ("impossible_transmitter", named & ((ta == 0) | ((ta & GROUP_BIT) != 0))),
    ):
        fresh = mask & good
        if fresh.any():
            dropped[reason] += int(np.count_nonzero(fresh))
            good &= ~mask
    return np.flatnonzero(good)


def _columns(
    t_ns: NDArray[np.int64],
    data: NDArray[np.uint8],
    capture: RadiotapFields,
    head: NDArray[np.void],
    size: NDArray[np.int64],
    dropped: Counter[str],
) -> Headers:
    rows = _good_rows(capture, head, size, dropped)
    whole = len(rows) == len(head)
    pick = slice(None) if whole else rows
    head, size = head[pick], size[pick]
    flags = head["fc1"]
    kind, subtype = (head["fc0"] >> 2 & 3).astype(np.uint8), (head["fc0"] >> 4).astype(np.uint8)
    a1, a2, a3 = (head[name] & MAC_MASK for name in ("a1", "a2", "a3"))
    ways = flags & (TO_DS | FROM_DS)
    is_data = kind == DATA
    qos = is_data & (subtype >= 8)
    control = np.where(ways == (TO_DS | FROM_DS), head["qos4"], head["qos"])
    ta = np.where(size >= 16, a2, np.uint64(0))
    bssid = np.where(is_data & (ways == TO_DS), a1, np.where(is_data & (ways == FROM_DS), a2, a3))
    source = np.where(ways == FROM_DS, a3, np.where(ways == (TO_DS | FROM_DS), head["a4"] & MAC_MASK, a2))
    gap = np.where(capture.padded[pick] & (size % 4 != 0), 2, 0)
    empty = is_data & ((subtype & 4) != 0)  # null data: power saving, no payload
    offset = capture.offset[pick]
    return Headers(
        t_ns=t_ns[pick],
        kind=kind,
        subtype=subtype,
        flags=flags,
        ra=a1,
        ta=ta,
        source=np.where(is_data, source, a2),
        bssid=np.where((kind == CONTROL) | (is_data & (ways == (TO_DS | FROM_DS))), np.uint64(0), bssid),
        seq=head["seq"],
        tid=np.where(qos, control & 0x0F, NO_QOS).astype(np.uint8),
        body=np.where(empty, 0, np.maximum(capture.wire_size[pick] - size - gap, 0)),
        body_at=offset + size + gap,
        body_kept=np.maximum(capture.size[pick] - size - gap, 0),
        rssi_dbm=capture.rssi_dbm[pick],
        mhz=capture.mhz[pick],
        at=offset,
        kept=capture.size[pick],
        checksum=capture.checksum[pick],
        fcs_told=capture.fcs_told[pick],
        amsdu=qos & ((control & 0x80) != 0),
        data=data,
        dropped=dropped,
    )


def checksum_fails(headers: Headers, row: int) -> bool:
    """Return True if a frame carries its checksum, was captured whole, and the checksum is wrong.

    Drivers pass broken frames without saying so, and such frames invent stations: one is checked before it
    may introduce a new one.
    """
    return bool(headers.checksum[row]) and not checksum_fits(headers, row)


def checksum_fits(headers: Headers, row: int) -> bool:
    """Return True if the four bytes behind a frame are its check sequence (IEEE 802.11-2020, 9.2.4.8)."""
    return _fits(headers.data, int(headers.at[row]), int(headers.kept[row]))


def _fits(data: NDArray[np.uint8], at: int, size: int) -> bool:
    told = int.from_bytes(data[at + size : at + size + 4].tobytes(), "little")
    return zlib.crc32(data[at : at + size].tobytes()) == told

"""Renders 802.11 frames with radiotap headers from templates."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RADIOTAP_BYTES = 24
RADIOTAP_PRESENT = 0x0000082F  # TSFT, flags, rate, channel, antenna signal, antenna
FLAG_FCS = 0x10
FLAG_BAD_FCS = 0x40
FCS_BYTES = 4
QOS_HEADER_BYTES = 26
CCMP_BYTES = 16  # header and integrity check
LLC_BYTES = 8
CCMP_AT, CCMP_HEADER_BYTES, EXTENDED_IV = 26, 8, 0x20  # behind the header of a QoS frame
TO_DS, FROM_DS, RETRY, PROTECTED = 0x01, 0x02, 0x08, 0x40
LOWEST_MHZ_5G = 4900


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameRows:
    """Columns of frames to render: which template, how long on the air without radiotap, how heard."""

    t_us: NDArray[np.int64]
    template: NDArray[np.int64]
    length: NDArray[np.int64]
    seq: NDArray[np.int64]
    retry: NDArray[np.bool_]
    rate_500kbps: NDArray[np.int64]
    rssi_dbm: NDArray[np.int64]
    bad_fcs: NDArray[np.bool_]


def mac_bytes(mac: str) -> bytes:
    """Return the six bytes of a MAC printed with colons."""
    return bytes.fromhex(mac.replace(":", ""))


def _header(fc0: int, fc1: int, *addresses: bytes, duration_us: int = 44) -> bytes:
    a1, a2, a3 = addresses
    return struct.pack("<BBH", fc0, fc1, duration_us) + a1 + a2 + a3 + b"\0\0"


def data_frame(*, ra: bytes, ta: bytes, far: bytes, flags: int) -> bytes:
    """Return the clear part of a protected QoS data frame: header and CCMP header."""
    return _header(0x88, flags | PROTECTED, ra, ta, far) + b"\0\0" + b"\x01\0\0\x20\0\0\0\0"


def null_frame(*, ra: bytes, ta: bytes) -> bytes:
    """Return a null-data frame: a station tells that it sleeps or wakes."""
    return _header(0x48, TO_DS, ra, ta, ra)


def ack_frame(ra: bytes) -> bytes:
    """Return an acknowledgement, which names its receiver alone."""
    return struct.pack("<BBH", 0xD4, 0, 0) + ra


def element(number: int, body: bytes) -> bytes:
    """Return one management element."""
    return bytes((number, len(body))) + body


RATES = element(1, bytes((0x82, 0x84, 0x8B, 0x96, 0x24, 0x30, 0x48, 0x6C)))
RSN_PSK = element(48, bytes.fromhex("0100000fac040100000fac040100000fac020000"))


def beacon_frame(
    *, bssid: bytes, ssid: str, channel_mhz: int, secured: bool, probe_to: bytes | None = None
) -> bytes:
    """Return a beacon, or the probe response to ``probe_to``."""
    fc0, ra = (0x80, b"\xff" * 6) if probe_to is None else (0x50, probe_to)
    fixed = struct.pack("<QHH", 0, 100, 0x0431 if secured else 0x0421)
    body = element(0, ssid.encode()[:32]) + RATES + element(3, bytes((channel_number(channel_mhz),)))
    return _header(fc0, 0, ra, bssid, bssid) + fixed + body + (RSN_PSK if secured else b"")


def probe_request(*, ta: bytes, ssid: str = "") -> bytes:
    """Return a probe request; an empty name asks everybody."""
    return _header(0x40, 0, b"\xff" * 6, ta, b"\xff" * 6) + element(0, ssid.encode()[:32]) + RATES


def channel_number(mhz: int) -> int:
    """Return the channel number of a centre frequency at 2.4 or 5 GHz."""
    if mhz == 2484:
        return 14
    return (mhz - 2407) // 5 if mhz < LOWEST_MHZ_5G else (mhz - 5000) // 5


def render(
    rows: FrameRows, templates: list[bytes], *, channel_mhz: int, snap_length: int, rng: np.random.Generator
) -> tuple[bytes, NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Render frames into one buffer.

    Parameters
    ----------
    rows
        The frames to render, a row each.
    templates
        Frame bytes that rows refer to by number.
    channel_mhz
        Channel that the radiotap header names, MHz.
    snap_length
        Bytes kept of a frame at most.
    rng
        Source of the random numbers.

    Returns
    -------
    tuple
        Buffer, starts, kept lengths and wire lengths (with radiotap), as `hw.types.Dot11Batch` wants them.

    Notes
    -----
    Payload beyond the template is random, as encrypted payload looks; a frame with a bad FCS has one wrong
    byte in its addresses, which is how such frames invent stations.
    """
    sizes = np.array([len(t) for t in templates], np.int64)
    wire = RADIOTAP_BYTES + np.maximum(rows.length, sizes[rows.template] + FCS_BYTES)
    kept = np.minimum(wire, snap_length)
    starts = np.concatenate(([0], np.cumsum(kept)[:-1])).astype(np.int64) if len(kept) else kept
    buffer = np.frombuffer(rng.bytes(int(kept.sum()) + 512), np.uint8).copy()
    _write(buffer, starts, _radiotap(rows, channel_mhz=channel_mhz))
    for number in np.unique(rows.template):
        at = np.flatnonzero(rows.template == number)
        body = np.frombuffer(templates[number], np.uint8)[: snap_length - RADIOTAP_BYTES]
        block = np.broadcast_to(body, (len(at), len(body))).copy()
        if len(body) >= 24:
            block[:, 1] |= np.where(rows.retry[at], RETRY, 0).astype(np.uint8)
            block[:, 22:24] = (rows.seq[at] % 4096 * 16).astype("<u2")[:, None].view(np.uint8)
        if len(body) >= CCMP_AT + CCMP_HEADER_BYTES and body[1] & PROTECTED:
            block[:, CCMP_AT : CCMP_AT + CCMP_HEADER_BYTES] = _ccmp_headers(rows.t_us[at])
        block[:, 4:10][rows.bad_fcs[at], rng.integers(0, 6)] ^= 0x5A
        _write(buffer, starts[at] + RADIOTAP_BYTES, block)
    _sign(buffer, starts, kept, whole=(kept == wire) & ~rows.bad_fcs)
    return buffer[: int(kept.sum())].tobytes(), starts, kept, wire


def _ccmp_headers(t_us: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Return CCMP headers whose packet numbers rise with time, as no key's number comes twice."""
    number = t_us.astype("<u8")[:, None].view(np.uint8)
    zero, key = np.zeros((len(t_us), 1), np.uint8), np.full((len(t_us), 1), EXTENDED_IV, np.uint8)
    return np.hstack([number[:, :2], zero, key, number[:, 2:6]])


def _sign(
    buffer: NDArray[np.uint8], starts: NDArray[np.int64], kept: NDArray[np.int64], *, whole: NDArray[np.bool_]
) -> None:
    """Write the frame check sequence of the frames that were received well and captured whole."""
    raw = buffer.data
    for row in np.flatnonzero(whole).tolist():
        begin, end = int(starts[row]) + RADIOTAP_BYTES, int(starts[row] + kept[row]) - FCS_BYTES
        raw[end : end + FCS_BYTES] = zlib.crc32(raw[begin:end]).to_bytes(FCS_BYTES, "little")


def _write(buffer: NDArray[np.uint8], starts: NDArray[np.int64], block: NDArray[np.uint8]) -> None:
    buffer[starts[:, None] + np.arange(block.shape[1])] = block


def _radiotap(rows: FrameRows, *, channel_mhz: int) -> NDArray[np.uint8]:
    head = np.zeros(
        len(rows.t_us),
        np.dtype(
            [
                ("v", "u1"),
                ("pad", "u1"),
                ("len", "<u2"),
                ("present", "<u4"),
                ("tsft", "<u8"),
                ("flags", "u1"),
                ("rate", "u1"),
                ("mhz", "<u2"),
                ("band", "<u2"),
                ("dbm", "i1"),
                ("antenna", "u1"),
            ]
        ),
    )
    head["len"] = RADIOTAP_BYTES
    head["present"] = RADIOTAP_PRESENT
    head["tsft"] = rows.t_us
    head["flags"] = FLAG_FCS | np.where(rows.bad_fcs, FLAG_BAD_FCS, 0)
    head["rate"] = rows.rate_500kbps
    head["mhz"] = channel_mhz
    head["band"] = 0x00C0 if channel_mhz < LOWEST_MHZ_5G else 0x0140
    head["dbm"] = rows.rssi_dbm
    return head.view(np.uint8).reshape(len(head), RADIOTAP_BYTES)

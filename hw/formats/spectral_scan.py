"""Reads the FFT records that the Linux drivers of Atheros Wi-Fi chips relay (``spectral_scan0``).

::

    u8 type | u16 length | header of that type, big endian | magnitude of each bin, u8
       1  ath9k, 20 MHz: 56 bins (length 73; kernels before 3.11: type 0 or 1, length 129, bins of u16)
       2  ath9k, 40 MHz: 128 bins, lower and upper half with a noise floor and an RSSI of their own
       3  ath10k: 64, 128 or 256 bins
       4  ath11k: 16 to 1024 bins; some vendors' kernels have one byte more

A magnitude is shifted left by ``max_exp``. The power of a bin is its share of the sum of squares, times the
received power that the chip states: noise floor plus RSSI.

The stream has no sync word and no checksum. After damage the reader looks for the next header whose type and
length belong together, whose fields can be true and after which another header follows.

References
----------
Linux ``drivers/net/wireless/ath/spectral_common.h``; ``ath10k/spectral.c`` for the widths of 22, 44, 88 MHz.
"""

from __future__ import annotations

import re
import struct
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hw.types import SpectralSample

HEAD = struct.Struct(">BH")
HT20 = struct.Struct(">BHbbHBBQ")
HT40 = struct.Struct(">BHbbQbbHHBBBBB")
# RSSI is u8 in the kernel; what is above 127 is below the floor.
ATH10K = struct.Struct(">BHHhHHHQbbBBB")
ATH11K = struct.Struct(">BbBHHHhIi")
ATH11K_PRIMARY = struct.Struct(">BbBBHHHhIi")

HT20_BINS, HT40_BINS = 56, 128
# The chip's FFT of 64 points spans 22 MHz, not 20: the kernel says so of ath10k, and in recordings of one
# sender on several channels the sender stays where it is only with 22.
HT20_WIDTH_HZ = HT20_BINS * 22e6 / 64
HT40_WIDTH_HZ = 44e6
HT40_MINUS, HT40_PLUS = 2, 3  # nl80211_channel_type: the second half lies below, above the primary channel
HALF_APART_HZ = 10e6  # from the primary channel to the middle of both
MOST_EXPONENT = 15
BANDS_MHZ = ((2300, 2600), (4800, 7200))
NOISE_DBM = (-140.0, -20.0)
LONGEST = 3 + ATH11K_PRIMARY.size + 1024
MOST_BUFFER = 1 << 20  # bytes held while a header is looked for
TSF_WRAP_US = 1 << 32  # ath11k tells 32 bits of the time
LONGEST_GAP_US = (
    3_600_000_000  # between two records; more is a damaged time, less than zero a reset of the chip
)
KNOWN = re.compile(
    rb"\x01\x00\x49|[\x00\x01]\x00\x81|\x02\x00\x98|\x03(?:\x00\x5a|\x00\x9a|\x01\x1a)"
    rb"|\x04(?:\x00[\x23\x24\x33\x34\x53\x54\x93\x94]|\x01[\x13\x14]|\x02[\x13\x14]|\x04[\x13\x14])",
    re.DOTALL,
)


class UnreadableRecord(ValueError):
    """A record that cannot be what a chip relays. Its text is the word under which it is counted."""


@dataclass(frozen=True, slots=True)
class _Half:
    """A part of the bins with a noise floor and an RSSI of its own."""

    noise_dbm: float
    rssi_db: float
    magnitudes: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Record:
    """One record before its time is known."""

    layout: str
    center_hz: float
    width_hz: float
    tsf_us: int
    exponent: int
    halves: tuple[_Half, ...]


def _ht20(body: bytes) -> _Record:
    exponent, mhz, rssi, noise, _, _, _, tsf = HT20.unpack_from(body)
    bins = np.frombuffer(body, np.uint8, HT20_BINS, HT20.size).astype(np.float64)
    half = _Half(float(noise), float(rssi), bins)
    return _Record("ath9k-ht20", mhz * 1e6, HT20_WIDTH_HZ, tsf, exponent, (half,))


def _ht20_wide(body: bytes) -> _Record:
    _, mhz, rssi, noise, _, _, _, tsf = HT20.unpack_from(body)
    bins = np.frombuffer(body, ">u2", HT20_BINS, HT20.size).astype(np.float64)
    return _Record("ath9k-ht20", mhz * 1e6, HT20_WIDTH_HZ, tsf, 0, (_Half(float(noise), float(rssi), bins),))


def _ht40(body: bytes) -> _Record:
    kind, mhz, low_rssi, high_rssi, tsf, low_noise, high_noise, *_, exponent = HT40.unpack_from(body)
    if kind not in (HT40_MINUS, HT40_PLUS):
        raise UnreadableRecord("bad_channel")
    center_hz = mhz * 1e6 + (HALF_APART_HZ if kind == HT40_PLUS else -HALF_APART_HZ)
    bins = np.frombuffer(body, np.uint8, HT40_BINS, HT40.size).astype(np.float64)
    halves = (
        _Half(float(low_noise), float(low_rssi), bins[: HT40_BINS // 2]),
        _Half(float(high_noise), float(high_rssi), bins[HT40_BINS // 2 :]),
    )
    return _Record("ath9k-ht40", center_hz, HT40_WIDTH_HZ, tsf, exponent, halves)


def _ath10k(body: bytes) -> _Record:
    width, mhz, _, noise, *_, tsf, _, rssi, _, _, exponent = ATH10K.unpack_from(body)
    bins = np.frombuffer(body, np.uint8, -1, ATH10K.size).astype(np.float64)
    half = _Half(float(noise), float(rssi), bins)
    return _Record("ath10k", mhz * 1e6, width * 1e6, tsf, exponent, (half,))


def _ath11k(body: bytes) -> _Record:
    form = ATH11K if (len(body) - ATH11K.size).bit_count() == 1 else ATH11K_PRIMARY
    width, _, exponent, *_, mhz, _, _, rssi, tsf, noise = form.unpack_from(body)
    bins = np.frombuffer(body, np.uint8, -1, form.size).astype(np.float64)
    half = _Half(float(noise), float(rssi), bins)
    return _Record("ath11k", mhz * 1e6, width * 1e6, tsf, exponent, (half,))


LAYOUTS: Mapping[tuple[int, int], Callable[[bytes], _Record]] = {
    (1, HT20.size + HT20_BINS): _ht20,
    (0, HT20.size + 2 * HT20_BINS): _ht20_wide,
    (1, HT20.size + 2 * HT20_BINS): _ht20_wide,
    (2, HT40.size + HT40_BINS): _ht40,
    **{(3, ATH10K.size + n): _ath10k for n in (64, 128, 256)},
    **{(4, form.size + n): _ath11k for form in (ATH11K, ATH11K_PRIMARY) for n in (16, 32, 64, 128, 256, 512)},
    **{(4, form.size + 1024): _ath11k for form in (ATH11K, ATH11K_PRIMARY)},
}


class SpectralReader:
    """Takes the bytes of a relay file as they come and gives FFTs; ``dropped`` counts the rest by reason.

    ``base_ns`` is the session time of the first record. Times go on from there by the chip's own clock; where
    it was set back or jumps by more than an hour, the next record follows the last one at once.
    """

    def __init__(self, *, base_ns: int = 0) -> None:
        self.dropped: Counter[str] = Counter()
        self.bytes_skipped = 0
        self.clock_steps = (
            0  # the chip was reset between two records, as many drivers do to change the channel
        )
        self._buffer = bytearray()
        self._lost = False  # the place in the stream is lost: a header is looked for
        self._tsf_us: int | None = None
        self._t_ns = base_ns

    def feed(self, data: bytes) -> tuple[SpectralSample, ...]:
        """Return the FFTs that are complete with these bytes.

        Parameters
        ----------
        data : bytes
            The next bytes of the stream, of any length.

        Returns
        -------
        tuple of SpectralSample
            In the order of the stream.
        """
        self._buffer += data
        return self._read(ended=False)

    def not_before(self, t_ns: int) -> None:
        """Let the next FFT be no earlier than ``t_ns``, the session time in ns: the chip's clock may lag."""
        self._t_ns = max(self._t_ns, t_ns)

    def finish(self) -> tuple[SpectralSample, ...]:
        """Return what is left at the end of the stream, and count what is cut off."""
        found = self._read(ended=True)
        if self._buffer:
            self.dropped["cut_off"] += 1
            self.bytes_skipped += len(self._buffer)
            self._buffer.clear()
        return found

    def _read(self, *, ended: bool) -> tuple[SpectralSample, ...]:
        data, at, found = bytes(self._buffer), 0, []
        while at < len(data):
            if self._lost:
                begin = at
                at = _next_header(data, at, ended=ended)
                self.bytes_skipped += at - begin
                if at >= len(data) or _is_open(data, at, ended=ended):
                    break
                self._lost = False
            size = record_size(data, at)
            if size == 0 and len(data) - at < HEAD.size:
                break
            if size == 0:
                self._lose(data, at)
                at, self.bytes_skipped = at + 1, self.bytes_skipped + 1
                continue
            if at + size > len(data):
                break
            sample = self._sample(data[at : at + size])
            found += [] if sample is None else [sample]
            at += size
        del self._buffer[:at]
        if len(self._buffer) > MOST_BUFFER:
            self._buffer.clear()
        return tuple(found)

    def _lose(self, data: bytes, at: int) -> None:
        """Count why the stream does not go on here."""
        self._lost = True
        kind = data[at]
        self.dropped["unknown_type" if kind > max(t for t, _ in LAYOUTS) else "bad_length"] += 1

    def _sample(self, data: bytes) -> SpectralSample | None:
        try:
            record = LAYOUTS[HEAD.unpack_from(data)](data[HEAD.size :])
            powers = _powers_dbm(record)
        except UnreadableRecord as error:
            self.dropped[str(error)] += 1
            return None
        return SpectralSample(
            t_ns=self._time(record),
            layout=record.layout,
            center_hz=record.center_hz,
            width_hz=record.width_hz,
            noise_dbm=max(h.noise_dbm for h in record.halves),
            rssi_db=max(h.rssi_db for h in record.halves),
            bins_dbm=powers,
            record=data,
        )

    def _time(self, record: _Record) -> int:
        """Session time of a record, ns: the chip's clock, without its jumps."""
        tsf, last = record.tsf_us, self._tsf_us
        self._tsf_us = tsf
        if last is None:
            return self._t_ns
        passed = tsf - last
        if record.layout == "ath11k" and passed < 0:
            passed += TSF_WRAP_US
        if not 0 <= passed <= LONGEST_GAP_US:
            self.clock_steps += 1
            return self._t_ns
        self._t_ns += passed * 1000
        return self._t_ns


def record_size(data: bytes, at: int = 0) -> int:
    """Return the length of the record that begins here, in bytes with its head; 0 where none can.

    Parameters
    ----------
    data : bytes
        Bytes of a relay file.
    at : int
        Where to look.

    Returns
    -------
    int
        Bytes.
    """
    if at + HEAD.size > len(data):
        return 0
    head = HEAD.unpack_from(data, at)
    return HEAD.size + head[1] if head in LAYOUTS else 0


def is_spectral_scan(head: bytes) -> bool:
    """Say whether a file that begins like this is a relay file of FFT records, by its content.

    Parameters
    ----------
    head : bytes
        The first bytes of the file, or all of it.

    Returns
    -------
    bool
        A readable record is found that another one follows, or that is cut off or ends with these bytes.
    """
    at = _next_header(head, 0, ended=True)
    if at >= len(head):
        return False
    return at == 0 or record_size(head, at + record_size(head, at)) > 0


def _is_open(data: bytes, at: int, *, ended: bool) -> bool:
    """Whether more bytes are needed to know that a record begins here."""
    return not ended and at + record_size(data, at) + HEAD.size > len(data)


def _next_header(data: bytes, at: int, *, ended: bool) -> int:
    """Place of the next record that can be one; where there is none, the first byte that may begin one."""
    for match in KNOWN.finditer(data, at):
        begin = match.start()
        end = begin + record_size(data, begin)
        if end + HEAD.size > len(data) and not ended:
            return begin
        follows = end == len(data) or record_size(data, end) > 0 or end + HEAD.size > len(data)
        if follows and _can_be(data[begin + HEAD.size : end], HEAD.unpack_from(data, begin)):
            return begin
    return len(data) if ended else max(at, len(data) - HEAD.size + 1)


def _can_be(body: bytes, head: tuple[Any, ...]) -> bool:
    if len(body) < head[1]:
        return False
    try:
        _powers_dbm(LAYOUTS[head](body))
    except UnreadableRecord:
        return False
    return True


def _powers_dbm(record: _Record) -> NDArray[np.float32]:
    """Power of each bin, dBm; raises `UnreadableRecord` where a field cannot be true."""
    if not any(low <= record.center_hz / 1e6 <= high for low, high in BANDS_MHZ):
        raise UnreadableRecord("bad_frequency")
    if record.exponent > MOST_EXPONENT or record.width_hz <= 0:
        raise UnreadableRecord("bad_header")
    if not any(half.magnitudes.any() for half in record.halves):
        raise UnreadableRecord("no_energy")
    return np.concatenate([_half_dbm(half, record.exponent) for half in record.halves])


def _half_dbm(half: _Half, exponent: int) -> NDArray[np.float32]:
    if not NOISE_DBM[0] <= half.noise_dbm <= NOISE_DBM[1]:
        raise UnreadableRecord("bad_level")
    # Half a step stands for what was rounded down to nothing.
    magnitudes = np.maximum(half.magnitudes, 0.5) * 2.0**exponent
    total = 10 * np.log10(np.sum(magnitudes**2))
    return np.asarray(half.noise_dbm + half.rssi_db + 20 * np.log10(magnitudes) - total, np.float32)

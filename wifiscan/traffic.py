"""Computes features that tell video from other traffic by times and sizes alone: nothing is decrypted.

All times are integer microseconds of *heard* time: the time really spent on the channel, gaps cut out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

US = 1_000_000
LARGE_BYTES = 1200  # science: share of frames this long tells bulk and video from the rest
VIDEO_BYTES = 500  # sound and control are smaller, encoded pictures larger
BURST_GAP_US = 8_000  # packets of one picture follow each other closer than this
DUTY_BYTES = 10_000  # a second with more counts as active (10 kB/s)
FRAME_RATES_HZ = (3.5, 31.0)  # of cameras
KEYFRAME_S = (0.3, 10.0)
KEEP_ALIVES = 5  # exchanges that make a rhythm
HARMONICS = 6  # 30 Hz may be the sixth of 5 Hz
SAME_LINE = 0.7  # a base is at least this strong, relative to its harmonics or multiples
CLOCK_BIN_US = 2_000
LAG_BIN_US = 100_000
LENGTH_BIN_BYTES = 8
LONGEST_BYTES = 4096
MIN_PICTURES = 8  # bursts that make a clock
ACTIVE_BIN_US = 500_000
ACTIVE_BYTES = 2_000  # in half a second: 32 kbit/s, below any video
ACTIVE_PAUSE_BINS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """One direction of a link over a window of heard time, and what came back."""

    t_us: NDArray[np.int64]  # in order, from 0
    size_bytes: NDArray[np.int64]
    span_us: int
    bytes_back: int
    own_share: float  # of the bytes: their source is the transmitter itself


def measure(traffic: Traffic) -> dict[str, float]:
    """Return the features of one direction of a link.

    Parameters
    ----------
    traffic : Traffic
        Times (µs of heard time) and sizes (bytes) of its packets.

    Returns
    -------
    dict
        ``heard_s``, ``mean_bps``, ``up_share``, ``own_share`` of the whole window; all others of its longest
        active stretch, so that a stream that began a moment ago is not diluted by the silence before:
        ``active_s, uplink_bps, packet_hz, duty, cv_1s, cv_5s, silent_share, large_share, small_share,
        modal_share, length_entropy, clock, clock_snr, frame_rate_hz, burst_cv, pictures, key_ratio,
        keyframe, keyframe_s``. Shares and strengths (``clock``, ``keyframe``) are 0…1.
    """
    total = float(traffic.size_bytes.sum())
    heard_s = max(traffic.span_us / US, 1e-3)
    begin, end = active_stretch(traffic.t_us, traffic.size_bytes, traffic.span_us)
    low, high = np.searchsorted(traffic.t_us, (begin, end))
    t, size = traffic.t_us[low:high] - begin, traffic.size_bytes[low:high]
    span_us = end - begin
    active = float(size.sum())
    found = {
        "heard_s": heard_s,
        "mean_bps": total * 8 / heard_s,
        "active_s": span_us / US,
        "uplink_bps": active * 8 * US / max(span_us, US),
        "packet_hz": len(t) * US / max(span_us, US),
        "up_share": total / max(total + traffic.bytes_back, 1.0),
        "own_share": traffic.own_share,
        "large_share": float(np.mean(size >= LARGE_BYTES)) if len(size) else 0.0,
        "small_share": float(np.mean(size < VIDEO_BYTES)) if len(size) else 0.0,
    }
    found |= _lengths(size)
    found |= _steadiness(t, size, span_us)
    found |= _frame_clock(t, size, span_us)
    found |= _keyframes(t, size, span_us)
    return found


def active_stretch(t_us: NDArray[np.int64], size: NDArray[np.int64], span_us: int) -> tuple[int, int]:
    """Return the longest stretch in which something flows.

    Parameters
    ----------
    t_us : ndarray, shape (n,), int64
        Times of the packets, ascending, µs.
    size : ndarray, shape (n,), int64
        Their sizes, bytes.
    span_us : int
        Length of the window, µs.

    Returns
    -------
    begin, end : int
        µs; (0, 0) where nothing flows.

    Notes
    -----
    Half seconds with more than 2 kB are active; pauses of up to a second do not end a stretch.
    """
    n = -(-span_us // ACTIVE_BIN_US)
    if not len(t_us) or n < 1:
        return 0, 0
    index = np.minimum(t_us // ACTIVE_BIN_US, n - 1)
    busy = np.flatnonzero(np.bincount(index, weights=size, minlength=n) > ACTIVE_BYTES)
    if not len(busy):
        return 0, 0
    breaks = np.flatnonzero(np.diff(busy) > ACTIVE_PAUSE_BINS + 1)
    first = busy[np.concatenate(([0], breaks + 1))]
    last = busy[np.concatenate((breaks, [len(busy) - 1]))]
    longest = int(np.argmax(last - first))
    begin = int(t_us[np.searchsorted(t_us, first[longest] * ACTIVE_BIN_US)])
    return begin, min(int(last[longest] + 1) * ACTIVE_BIN_US, span_us)


def _lengths(size: NDArray[np.int64]) -> dict[str, float]:
    """Return the share of the commonest length and how widely lengths spread (normalised entropy).

    Notes
    -----
    Bulk transfers send full segments; each encoded picture ends in a packet of some other length.
    """
    if not len(size):
        return {"modal_share": 0.0, "length_entropy": 0.0}
    counts = np.bincount(np.minimum(size, LONGEST_BYTES) // LENGTH_BIN_BYTES)
    share = counts[counts > 0] / len(size)
    return {
        "modal_share": float(share.max()),
        "length_entropy": float(-(share * np.log(share)).sum() / np.log(LONGEST_BYTES / LENGTH_BIN_BYTES)),
    }


def _steadiness(t_us: NDArray[np.int64], size: NDArray[np.int64], span_us: int) -> dict[str, float]:
    seconds = _binned(t_us, size, span_us, US)
    fives = _binned(t_us, size, span_us, 5 * US)
    tenths = _binned(t_us, size, span_us, LAG_BIN_US)
    return {
        "duty": float(np.mean(seconds > DUTY_BYTES)) if len(seconds) else 0.0,
        "cv_1s": _cv(seconds),
        "cv_5s": _cv(fives) if len(fives) > 1 else _cv(seconds) / 5**0.5,
        "silent_share": float(np.mean(tenths == 0)) if len(tenths) else 1.0,
    }


def _binned(
    t_us: NDArray[np.int64], size: NDArray[np.int64], span_us: int, width_us: int
) -> NDArray[np.float64]:
    """Return bytes in whole bins; a rest shorter than a bin is left out."""
    n = int(span_us // width_us)
    index = t_us // width_us
    inside = index < n
    if not n:
        return np.empty(0)
    weights = size[inside].astype(np.float64)
    return np.asarray(np.bincount(index[inside], weights=weights, minlength=n)[:n], np.float64)


def _cv(values: NDArray[np.float64]) -> float:
    mean = float(values.mean()) if len(values) else 0.0
    return float(values.std() / mean) if mean > 0 else 3.0


def video_frames(
    t_us: NDArray[np.int64], size: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Put packets together into pictures: bursts split where nothing came for longer than 8 ms.

    Parameters
    ----------
    t_us : ndarray, shape (n,), int64
        Times of the packets, ascending, µs.
    size : ndarray, shape (n,), int64
        Their sizes, bytes.

    Returns
    -------
    tuple of ndarray
        Start (µs) and size (bytes) of each burst.
    """
    if not len(t_us):
        return t_us, np.empty(0)
    first = np.concatenate(([0], np.flatnonzero(np.diff(t_us) > BURST_GAP_US) + 1))
    return t_us[first], np.add.reduceat(size.astype(np.float64), first)


def _frame_clock(t_us: NDArray[np.int64], size: NDArray[np.int64], span_us: int) -> dict[str, float]:
    """Find the picture rate: the strongest line between 3.5 and 31 Hz in what is sent, and how strong it is.

    Notes
    -----
    ``clock`` is the vector strength of burst starts, |Σ exp(2πift)|/N: 1 for a perfect clock, about 1/√N for
    none. ``clock_snr`` is the line of the byte train over the median of the band, in nepers: it survives
    loss and pictures that run into each other. ``pictures`` tells how many of the clock's slots hold video.
    """
    video = size >= VIDEO_BYTES
    starts, bursts = video_frames(t_us[video], size[video])
    if len(starts) < MIN_PICTURES or span_us < US:
        return {
            "clock": 0.0,
            "clock_snr": 0.0,
            "frame_rate_hz": 0.0,
            "burst_cv": 3.0,
            "pictures": 0.0,
            "key_ratio": 1.0,
        }
    points = _spectrum(starts, np.ones(len(starts)), span_us)
    flow = _spectrum(t_us[video], np.minimum(size[video], LONGEST_BYTES).astype(np.float64), span_us)
    rate = np.fft.rfftfreq(2 * (len(points) - 1), CLOCK_BIN_US / US)
    low, high = np.searchsorted(rate, FRAME_RATES_HZ)
    best = _lowest_line(points * flow, low, high)
    found = {
        "clock": float(min(points[best], 1.0)),
        "clock_snr": float(np.log((flow[best] + 1e-9) / (np.median(flow[low:high]) + 1e-9))),
        "frame_rate_hz": float(rate[best]),
        "burst_cv": _cv(bursts),
    }
    return found | _pictures(t_us[video], size[video], rate_hz=float(rate[best]), span_us=span_us)


def _lowest_line(strength: NDArray[np.float64], low: int, high: int) -> int:
    """Return the strongest line, or the one it is a harmonic of."""
    best = low + int(np.argmax(strength[low:high]))
    for part in range(HARMONICS, 1, -1):
        near = round(best / part)
        if near - 1 < low:
            continue
        base = near - 1 + int(np.argmax(strength[near - 1 : near + 2]))
        if strength[base] >= SAME_LINE * strength[best]:
            return base
    return best


def _spectrum(t_us: NDArray[np.int64], weight: NDArray[np.float64], span_us: int) -> NDArray[np.float64]:
    n = int(span_us // CLOCK_BIN_US) + 1
    train = np.bincount(np.minimum(t_us // CLOCK_BIN_US, n - 1), weights=weight, minlength=n)
    padded = 1 << (2 * n - 1).bit_length()
    return np.asarray(np.abs(np.fft.rfft(train - train.mean(), padded)) / weight.sum(), np.float64)


def _pictures(
    t_us: NDArray[np.int64], size: NDArray[np.int64], *, rate_hz: float, span_us: int
) -> dict[str, float]:
    """Sort packets into the slots of the clock: how many slots are filled, how large key frames are."""
    period_us = US / rate_hz
    turn = np.exp(2j * np.pi * (t_us / period_us))
    phase = float(np.angle((turn * size).sum())) / (2 * np.pi)
    slot = np.floor(t_us / period_us - phase + 0.5).astype(np.int64)
    slot -= slot.min()
    n = max(int(span_us / period_us), int(slot.max()) + 1)
    each = np.bincount(slot, weights=size, minlength=n)
    filled = each[each > 0]
    middle = float(np.median(filled))
    top = float(np.percentile(filled, 97))
    return {"pictures": float(len(filled) / n), "key_ratio": top / max(middle, 1.0)}


def _keyframes(t_us: NDArray[np.int64], size: NDArray[np.int64], span_us: int) -> dict[str, float]:
    """Find the period of key frames: autocorrelation of bytes in tenths of a second, 0.3…10 s."""
    tenths = _binned(t_us, size, span_us, LAG_BIN_US)
    longest = min(int(KEYFRAME_S[1] * US / LAG_BIN_US), len(tenths) // 3)
    shortest = int(KEYFRAME_S[0] * US / LAG_BIN_US)
    if longest <= shortest + 2 or not tenths.any():
        return {"keyframe": 0.0, "keyframe_s": 0.0}
    centred = np.minimum(tenths, 8 * np.median(tenths) + 1e-9 if np.median(tenths) > 0 else tenths.max())
    centred = centred - centred.mean()
    n = 1 << int(np.ceil(np.log2(2 * len(centred))))
    power = np.abs(np.fft.rfft(centred, n)) ** 2
    lags = np.fft.irfft(power, n)[: longest + 2]
    if lags[0] <= 0:
        return {"keyframe": 0.0, "keyframe_s": 0.0}
    scaled = lags / lags[0] * len(centred) / (len(centred) - np.arange(len(lags)))
    peaks = [
        k for k in range(shortest, longest + 1) if scaled[k] >= scaled[k - 1] and scaled[k] >= scaled[k + 1]
    ]
    if not peaks:
        return {"keyframe": 0.0, "keyframe_s": 0.0}
    top = max(0.0, *(scaled[k] for k in peaks))
    best = next((k for k in peaks if scaled[k] >= SAME_LINE * top), peaks[0])  # later ones are its multiples
    return {
        "keyframe": float(np.clip(scaled[best], 0.0, 1.0)),
        "keyframe_s": best * LAG_BIN_US / US,
    }


def keep_alives(traffic: Traffic) -> dict[str, float]:
    """Return the regularity of a thin flow.

    Parameters
    ----------
    traffic : Traffic
        Times (µs of heard time) and sizes (bytes) of its packets.

    Returns
    -------
    dict
        ``keep_alive_s``: median time between exchanges, 0 where there are too few; ``regularity``: share of
        them within a tenth of that (or of a multiple, where the sniffer missed some), 0…1.
    """
    starts, _ = video_frames(traffic.t_us, traffic.size_bytes)
    if len(starts) < KEEP_ALIVES:
        return {"keep_alive_s": 0.0, "regularity": 0.0}
    gaps = np.diff(starts) / US
    period = float(np.median(gaps))
    turns = np.maximum(np.round(gaps / period), 1)
    return {"keep_alive_s": period, "regularity": float(np.mean(np.abs(gaps / period - turns) < 0.1 * turns))}

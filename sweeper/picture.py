"""Reconstructs the picture in slices of an analog video signal, synchronised by the signal itself.

One 2.4 MS/s slice of FM video is strong where the picture's brightness puts the carrier into it, so its
power, laid out in lines and frames, is a picture of one band of brightness. Slices of several hops give the
brightness itself: the mean of the slices' frequencies, weighted with their power, is an FM demodulator as
wide as the hops together.

The pictures are shown and never stored by this package.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sweeper.demodulate import demodulate
from sweeper.vertical_blanking import SHAPES, FieldShape, half_line_map
from sweeper.video import StandardName, VideoTest

FloatArray = NDArray[np.float32]
HALF_CELLS = 77  # a half line: 154 samples a line at 2.4 MS/s hold 154 picture elements
LINE_BLANK_S = 11.5e-6  # ITU-R BT.470
LINE_S, SYNC_S, FRONT_PORCH_S = 64e-6, 4.7e-6, 1.6e-6
SYNC_LINES = 8  # blank lines looked at for the sync
REFINE_HARMONICS = 4
BLANK_WINDOW = 17  # lines of the vertical blanking that are alike
BLANK_PARTS = 11  # of a line: how finely the alike lines are compared
TOP_AFTER_PULSES = {"pal": 14.0, "ntsc": 6.0}  # half lines from the first broad pulse to the blank lines
TOP_LINES = {"pal": 22, "ntsc": 17}  # of a field, after the first broad pulse: pulses and blank lines
PICTURE_LINES = {"pal": 286, "ntsc": 241}  # of a field
REPEAT_NEEDED, REPEAT_SLOPE = 0.12, 40.0  # correlation of two halves of the frames, and how sharp that is
SURE_CHI2 = 800.0  # of the vertical test: syncs at -13 dB in the slice; its place is then exact
FLOOR_PERCENTILE = 3.0  # of a slice's elements: the carrier is elsewhere, noise alone is left
DARK, BRIGHT = 2.0, 98.0  # percentiles that become black and white


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldAnchor:
    """A moment at which a sender's field began, and its line rate: from it every other field is known."""

    t_s: float
    line_t_s: float  # a moment at which a line's blanking began
    line_hz: float
    strength: float  # χ² of the vertical test behind it: slices that hold the syncs have the highest


@dataclass(frozen=True, slots=True, kw_only=True)
class SlicePicture:
    """One slice laid out as a frame: its power, shape (lines, elements), both fields interleaved.

    ``repeat`` is the correlation between the frames' two halves: 0 over noise, near 1 for a clear picture.
    ``anchor`` is what it was laid out by: its own, or another slice's; None where neither was sure.
    """

    center_hz: float
    standard: StandardName
    power: FloatArray
    repeat: float
    anchor: FieldAnchor | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """The picture of a video sender: ``pixels`` are grey, shape (height, width); ``score`` its certainty."""

    pixels: NDArray[np.uint8]
    standard: StandardName
    slices: int
    repeat: float
    score: float


def slice_picture(
    samples: NDArray[np.complex64],
    *,
    rate_hz: float,
    center_hz: float,
    t_s: float,
    video: VideoTest,
    anchor: FieldAnchor | None = None,
) -> SlicePicture | None:
    """Lay one slice out as a frame.

    Parameters
    ----------
    samples : ndarray, shape (n,), complex64
        At least two frames (80 ms), the first at ``t_s``.
    video : VideoTest
        The test of these samples: standard, line rate and, in slices that hold the syncs, the fields.
    anchor : FieldAnchor, optional
        From another slice of the same sender.

    Returns
    -------
    SlicePicture or None
        None where less than two whole frames were heard.
    """
    if video.fields is None:
        return None
    shape = SHAPES[video.half_lines]
    power = demodulate(samples if video.places is None else samples[video.places], video.way)
    sure = video.fields.chi2 >= (SURE_CHI2 if anchor is None else anchor.strength)
    if anchor is not None and not sure:
        line_hz = anchor.line_hz
    else:
        line_hz = refine_line_rate(power, rate_hz=rate_hz / 2, line_hz=video.line_hz)
    halves = half_line_map(power, rate_hz=rate_hz / 2, line_hz=line_hz, cells=HALF_CELLS)
    if sure:
        column = _sync_column(halves, video.fields.start, shape)
    elif anchor is not None:
        column = round((anchor.line_t_s - t_s) * line_hz % 1.0 * 2 * HALF_CELLS) % (2 * HALF_CELLS)
    else:
        column = _blanking_column(halves)
    lines = _lines(halves, column)
    if sure:
        begin_s = t_s + video.fields.start / (2 * line_hz)
        line_t_s = t_s + column / (2 * HALF_CELLS * line_hz)
        anchor = FieldAnchor(t_s=begin_s, line_t_s=line_t_s, line_hz=line_hz, strength=video.fields.chi2)
    field = shape.half_lines
    if anchor is not None:
        start = ((anchor.t_s - t_s) * 2 * anchor.line_hz) % field
    else:
        start = 2 * _top_line(lines, field) + column / HALF_CELLS - TOP_AFTER_PULSES[video.standard]
    frames = _frames(lines, ((start - column / HALF_CELLS) % field) / 2, standard=video.standard, shape=shape)
    if frames is None:
        return None
    return SlicePicture(
        center_hz=center_hz,
        standard=video.standard,
        power=np.asarray(frames.mean(axis=0), np.float32),
        repeat=_repeat(frames[0::2].mean(axis=0), frames[1::2].mean(axis=0)),
        anchor=anchor,
    )


def refine_line_rate(power: FloatArray, *, rate_hz: float, line_hz: float) -> float:
    """Return the line rate to a fraction of a ppm, from the phase its harmonics gain in half the time.

    Parameters
    ----------
    power : ndarray, shape (n,)
        Power of the slice.
    rate_hz : float
        Sample rate of ``power``, Hz.
    line_hz : float
        Line rate to begin with, Hz.

    Returns
    -------
    float
        Line rate, Hz.

    Notes
    -----
    Each of the first `REFINE_HARMONICS` harmonics is correlated with both halves; the phase between them,
    over the harmonic's order, is what the line's phase gained. The mean is weighted with the products' size.
    """
    half = len(power) // 2
    first_wave = np.exp(-2j * np.pi * (np.arange(half) * (line_hz / rate_hz) % 1.0)).astype(np.complex64)
    wave = np.ones(half, np.complex64)
    gained, weight = 0.0, 1e-30
    for order in range(1, REFINE_HARMONICS + 1):
        wave *= first_wave
        turn = np.exp(-2j * np.pi * ((order * half * line_hz / rate_hz) % 1.0))
        first = np.dot(power[:half], wave)
        second = np.dot(power[half : 2 * half], wave) * turn
        product = second * np.conj(first)
        gained += abs(product) * float(np.angle(product)) / order
        weight += abs(product)
    return line_hz + gained / weight / (2 * np.pi) * rate_hz / half


def _blanking_column(halves: FloatArray) -> int:
    """Return the element of the line (from the start of the samples) at which the blanking begins.

    In the blanking every line is the same: the window with the least scatter from line to line.
    """
    count = len(halves) // 2 * 2
    lines = halves[:count].reshape(count // 2, -1)
    scatter = lines.var(axis=0)
    width = lines.shape[1]
    blank = round(width * LINE_BLANK_S / LINE_S)
    around = np.concatenate([scatter, scatter[:blank]])
    sums = np.convolve(around, np.ones(blank), mode="valid")[:width]
    return int(np.argmin(sums))


def _sync_column(halves: FloatArray, start: int, shape: FieldShape) -> int:
    """Return the element at which the blanking begins, from the blank lines after the vertical pulses.

    Nothing but the sync differs from black there, brighter or darker as the slice has it.
    """
    first = start + shape.broad + shape.equalising + 1
    rows = [
        halves[begin : begin + 2 * SYNC_LINES].reshape(SYNC_LINES, -1).mean(axis=0)
        for begin in range(first, len(halves) - 2 * SYNC_LINES, 2 * shape.half_lines)
    ]
    profile = np.mean(rows, axis=0)
    width = len(profile)
    away = profile - np.median(profile)
    sync = round(width * SYNC_S / LINE_S)
    sums = np.convolve(np.concatenate([away, away[: sync - 1]]), np.ones(sync), mode="valid")
    edge = int(np.argmax(np.abs(sums))) + first * HALF_CELLS
    return (edge - round(width * FRONT_PORCH_S / LINE_S)) % width


def _lines(halves: FloatArray, column: int) -> FloatArray:
    """Lines that begin with their blanking, shape (lines, elements)."""
    width = 2 * HALF_CELLS
    flat = halves.ravel()[column:]
    return flat[: len(flat) // width * width].reshape(-1, width)


def _frames(
    lines: FloatArray, start: float, *, standard: StandardName, shape: FieldShape
) -> FloatArray | None:
    """Cut into frames of interleaved fields, shape (frames, lines, elements); None if there are too few."""
    width = lines.shape[1]
    fields = []
    position = start
    while True:
        first = int(np.ceil(position)) + TOP_LINES[standard]
        if first + PICTURE_LINES[standard] > len(lines):
            break
        fields.append(lines[first : first + PICTURE_LINES[standard]])
        position += shape.half_lines / 2
    second_first = (start % 1.0) > 0.25  # the broad pulses of the second field begin in mid-line
    pairs = fields[1:] if second_first else fields
    if len(pairs) < 4:  # one frame has none that it could be compared with
        return None
    count = len(pairs) // 2 * 2
    stack = np.stack(pairs[:count]).reshape(count // 2, 2, PICTURE_LINES[standard], width)
    return np.asarray(stack.transpose(0, 2, 1, 3).reshape(count // 2, -1, width), np.float32)


def _top_line(lines: FloatArray, half_lines: int) -> float:
    """Return the line (in halves) at which a field begins: blank lines are all alike and have no picture.

    The lines are folded at the field rate; over the field's blanking the scatter along a line, less what
    every line has in common, is least.
    """
    residual = lines - lines.mean(axis=0)
    energy = (residual**2).mean(axis=1)
    smooth = (
        residual[:, : lines.shape[1] // BLANK_PARTS * BLANK_PARTS]
        .reshape(len(lines), BLANK_PARTS, -1)
        .mean(axis=2)
    )
    shape = np.column_stack([energy, smooth])
    period = half_lines / 2
    total = np.cumsum(np.vstack([np.zeros(shape.shape[1]), shape]), axis=0)
    fields = int((len(lines) - BLANK_WINDOW - 1) / period)
    begin = np.arange(half_lines)[:, None] / 2 + np.arange(fields)[None, :] * period
    rows = np.minimum(np.ceil(begin).astype(int), len(lines) - BLANK_WINDOW)
    profile = ((total[rows + BLANK_WINDOW] - total[rows]) / BLANK_WINDOW)[:, :, 1:].mean(axis=1)
    return float(np.argmax((profile**2).sum(axis=1))) / 2


def _repeat(even: FloatArray, odd: FloatArray) -> float:
    """Correlation of two pictures, less what every line and every column has in common."""
    flat = [p - p.mean(axis=0) - p.mean(axis=1, keepdims=True) + p.mean() for p in (even, odd)]
    rows = [p[: len(p) // 4 * 4].reshape(-1, 4, p.shape[1]).mean(axis=1) for p in flat]
    a, b = (p[:, : p.shape[1] // 4 * 4].reshape(len(p), -1, 4).mean(axis=2).ravel() for p in rows)
    return float(np.dot(a, b) / (np.sqrt(np.dot(a, a) * np.dot(b, b)) + 1e-30))


def combine(slices: Sequence[SlicePicture]) -> Picture | None:
    """Combine the slices of one sender into its picture; None where there is none.

    Notes
    -----
    With one slice the picture is its power. With several the brightness is the power-weighted mean of their
    frequencies: white is the higher frequency in the usual sense of modulation.
    """
    usable = [s for s in slices if s.repeat > REPEAT_NEEDED / 2]  # slices of the syncs alone show nothing
    if not usable:
        return None
    standard = max(usable, key=lambda s: s.repeat).standard
    usable = [s for s in usable if s.standard == standard]
    sure = max(_strength(s) for s in usable)
    best = max(usable, key=lambda s: (_strength(s), s.repeat))
    usable = [s for s in usable if sure > 0 and _strength(s) == sure] or [best]
    light = best.power if len(usable) == 1 else _brightness(usable)
    low, high = np.percentile(light, [DARK, BRIGHT])
    grey = np.clip((light - low) / max(float(high - low), 1e-30), 0, 1)
    blank = round(light.shape[1] * LINE_BLANK_S / LINE_S)
    lean = REPEAT_SLOPE * (best.repeat - REPEAT_NEEDED)
    return Picture(
        pixels=np.asarray(np.rint(255 * grey[:, blank:]), np.uint8),
        standard=standard,
        slices=len(usable),
        repeat=best.repeat,
        score=float(1 / (1 + np.exp(-np.clip(lean, -9, 9)))),
    )


def _strength(part: SlicePicture) -> float:
    return 0.0 if part.anchor is None else part.anchor.strength


def _brightness(slices: Sequence[SlicePicture]) -> FloatArray:
    """Power-weighted mean frequency of the slices, each less its own floor, shape (lines, elements)."""
    weight = np.zeros_like(slices[0].power)
    light = np.zeros_like(weight)
    middle_hz = float(np.mean([s.center_hz for s in slices]))
    for part in slices:
        over = np.maximum(part.power - np.percentile(part.power, FLOOR_PERCENTILE), 0) + 1e-12
        weight += over
        light += over * np.float32((part.center_hz - middle_hz) / 1e6)
    return np.asarray(light / weight, np.float32)


def best_picture(pictures: Mapping[str, Picture]) -> Picture | None:
    """Return the picture that is most surely one."""
    return max(pictures.values(), key=lambda p: p.score, default=None)

"""Composite analog video (PAL, NTSC) with a moving photo-like picture, sent by FM or by AM/VSB.

References
----------
ITU-R BT.470 (systems B/G and M: line, field, sync and blanking times), BT.1700 (composite levels).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from hw.sim.rf_loop import Loop, make_loop, parts_of

FloatArray = NDArray[np.float32]
RATE_HZ = 16e6  # holds ±5 MHz deviation with its sound carrier
SYNC_LEVEL, BLANK_LEVEL, WHITE_LEVEL = 0.0, 0.3, 1.0
VSB_WHITE, VSB_LOWER_HZ = 0.125, 0.75e6  # carrier left at peak white; lower sideband kept (BT.470 B/G)
SOUND_DEPTH = 0.08  # of the deviation, FM links; a weak subcarrier as the cheap senders have
EDGE_S = 0.2e-6  # rise time of sync and blanking


@dataclass(frozen=True, slots=True, kw_only=True)
class Standard:
    """The times of one television standard, in s, Hz and lines."""

    line_hz: float
    lines: int
    frames: int  # in one loop of about 0.2 s
    blank_lines: int  # at the top of each field
    pulses: int  # equalising pulses before, broad pulses, equalising pulses after
    blank_s: float
    front_porch_s: float
    burst_hz: float
    sound_hz: float
    sync_s: float = 4.7e-6
    equalising_s: float = 2.35e-6
    broad_s: float = 27.3e-6


STANDARDS = {
    "pal": Standard(
        line_hz=15625.0,
        lines=625,
        frames=5,
        blank_lines=25,
        pulses=5,
        blank_s=12.05e-6,
        front_porch_s=1.65e-6,
        burst_hz=4433618.75,
        sound_hz=5.5e6,
    ),
    "ntsc": Standard(
        line_hz=4.5e6 / 286,
        lines=525,
        frames=6,
        blank_lines=20,
        pulses=6,
        blank_s=10.9e-6,
        front_porch_s=1.5e-6,
        burst_hz=4.5e6 * 455 / 572,
        sound_hz=4.5e6,
    ),
}
StandardName = Literal["pal", "ntsc"]


def draw_picture(rng: np.random.Generator, *, height: int, width: int) -> FloatArray:
    """Return a photo-like picture 0…1: 1/f texture, a few edges and a light side; shape (height, width).

    Parameters
    ----------
    rng
        Source of the random numbers.
    height
        Rows.
    width
        Columns.

    Returns
    -------
    numpy.ndarray
        2-D (height, width) luminance 0 to 1.
    """
    fy, fx = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :]
    radius = np.hypot(fy, fx)
    radius[0, 0] = 1.0
    phases = np.exp(2j * np.pi * rng.random(radius.shape))
    texture = np.fft.irfft2(phases / radius**1.3, s=(height, width))
    picture = 0.45 + 0.16 * texture / texture.std()
    for _ in range(6):
        y, x = int(rng.integers(height)), int(rng.integers(width))
        tall, wide = int(rng.integers(height // 12, height // 3)), int(rng.integers(width // 12, width // 3))
        picture[y : y + tall, x : x + wide] += rng.uniform(-0.35, 0.35)
    picture += np.linspace(-0.1, 0.1, width) * rng.choice([-1, 1])
    return np.asarray(np.clip(picture, 0, 1), np.float32)


def composite(
    rng: np.random.Generator,
    *,
    standard: StandardName = "pal",
    picture: FloatArray | None = None,
    moving: bool = True,
    rate_hz: float = RATE_HZ,
) -> FloatArray:
    """Return one loop of composite video, sync tip 0, blanking 0.3, white 1.

    Parameters
    ----------
    rng : Generator
        Draws the picture, its motion and its colour.
    picture : ndarray, shape (h, w), optional
        Luminance 0…1 instead of the drawn one.
    moving : bool
        The picture pans by a few pixels a frame.

    Returns
    -------
    ndarray, shape (frames * lines / line_hz * rate_hz,), float32
    """
    std = STANDARDS[standard]
    n = round(std.frames * std.lines / std.line_hz * rate_hz)
    if picture is None:
        picture = draw_picture(rng, height=576, width=720)
    pan = rng.integers(-4, 5, size=2) * moving
    out = np.empty(n, np.float32)
    for part in parts_of(n):
        half = np.arange(part.start, part.stop) * (2 * std.frames * std.lines / n)
        half_index = half.astype(np.int32)
        in_half_s = (half - half_index).astype(np.float32) * np.float32(1 / std.line_hz / 2)
        lines = _picture_part(std, half, picture, pan)
        _punch_syncs(lines, std, half_index, in_half_s)
        _add_burst(lines, std, half_index, in_half_s, start=part.start, rate_hz=rate_hz)
        out[part] = lines
    return _soften(out, rate_hz)


def _picture_part(
    std: Standard, half: NDArray[np.floating], picture: FloatArray, pan: NDArray[np.integer]
) -> FloatArray:
    """Luminance and chroma of the active part, moved by ``pan`` pixels a frame; blanking elsewhere."""
    line = np.floor(half / 2)
    in_line = (half / 2 - line).astype(np.float32)
    frame_line = (line % std.lines).astype(np.int32)
    frame = (line // std.lines).astype(np.int32)
    second = frame_line >= (std.lines + 1) // 2
    field_line = frame_line - second * ((std.lines + 1) // 2)
    front = std.front_porch_s * std.line_hz
    start = std.blank_s * std.line_hz - front
    active = (in_line >= start) & (in_line < 1 - front) & (field_line >= std.blank_lines)
    height, width = picture.shape
    rows_a_field = std.lines // 2 - std.blank_lines
    row = ((field_line - std.blank_lines) * 2 + second) * height // (2 * rows_a_field)
    x = (in_line - start) / (1 - front - start) * width
    column = (x.astype(np.int32) + frame * int(pan[0])) % width
    row = (row + frame * int(pan[1])) % height
    luma = picture[row, column]
    chroma = 0.12 * np.cos(2 * np.pi * std.burst_hz / std.line_hz * (half / 2)).astype(np.float32)
    colour = BLANK_LEVEL + (WHITE_LEVEL - BLANK_LEVEL) * (luma * (1 + chroma))
    return np.where(active, colour, np.float32(BLANK_LEVEL)).astype(np.float32)


def _punch_syncs(
    out: FloatArray, std: Standard, half_index: NDArray[np.int32], in_half_s: FloatArray
) -> None:
    """Horizontal syncs, and at the head of both fields the equalising and broad pulses."""
    frame_half = half_index % (2 * std.lines)
    into_field = np.where(frame_half >= std.lines, frame_half - std.lines, frame_half)
    broad = into_field < std.pulses
    after = (into_field >= std.pulses) & (into_field < 2 * std.pulses)
    before = into_field >= std.lines - std.pulses
    special = broad | after | before
    out[special] = BLANK_LEVEL
    out[broad & (in_half_s < std.broad_s)] = SYNC_LEVEL
    out[(after | before) & (in_half_s < std.equalising_s)] = SYNC_LEVEL
    out[~special & (frame_half % 2 == 0) & (in_half_s < std.sync_s)] = SYNC_LEVEL


def _add_burst(
    out: FloatArray,
    std: Standard,
    half_index: NDArray[np.int32],
    in_half_s: FloatArray,
    *,
    start: int,
    rate_hz: float,
) -> None:
    """Colour burst on the back porch, absent during the vertical pulses; ``out`` begins at ``start``."""
    into_field = (half_index % (2 * std.lines)) % std.lines
    where = (in_half_s > 5.6e-6) & (in_half_s < 7.85e-6) & (half_index % 2 == 0)
    where &= (into_field > 3 * std.pulses) & (into_field < std.lines - std.pulses)
    index = np.flatnonzero(where)
    out[index] += (0.15 * np.sin(2 * np.pi * std.burst_hz / rate_hz * (start + index))).astype(np.float32)


def _soften(video: FloatArray, rate_hz: float) -> FloatArray:
    """Limit the edges to the rise time of real equipment."""
    spectrum = scipy.fft.rfft(video, workers=1)
    for part in parts_of(len(spectrum)):
        f = np.arange(part.start, part.stop) * (rate_hz / len(video))
        fall = np.exp(-0.5 * (f * EDGE_S / 1.3) ** 6 / (1 + (f * EDGE_S) ** 4))
        spectrum[part] *= fall.astype(np.float32)
    return np.asarray(scipy.fft.irfft(spectrum, n=len(video), workers=1, overwrite_x=True), np.float32)


def fm_video(
    rng: np.random.Generator,
    *,
    standard: StandardName = "pal",
    deviation_hz: float = 4e6,
    clock_ppm: float = 0.0,
    picture: FloatArray | None = None,
    moving: bool = True,
) -> Loop:
    """Return an FM video sender: sync tip at −deviation, peak white at +deviation, sound subcarrier above.

    ``clock_ppm`` is the error of the camera's crystal, which moves its line rate.

    Parameters
    ----------
    rng
        Source of the random numbers.
    standard
        ``pal`` or ``ntsc``.
    deviation_hz
        Frequency deviation of peak white, Hz.
    clock_ppm
        Error of the camera's crystal, parts per million.
    picture
        2-D (height, width) luminance 0 to 1; drawn at random if None.
    moving
        The picture changes from frame to frame.

    Returns
    -------
    Loop
        Samples at the loop's own rate, mean power 1, centred on the signal's carrier.

    References
    ----------
    ITU-R BT.470-6, Conventional television systems.
    """
    std = STANDARDS[standard]
    video = composite(rng, standard=standard, picture=picture, moving=moving)
    n = len(video)
    for part in parts_of(n):
        turns = 2 * np.pi * (std.sound_hz + 0.5e6) / RATE_HZ * np.arange(part.start, part.stop)
        level = 2 * video[part] - 1 + SOUND_DEPTH * np.sin(turns).astype(np.float32)
        video[part] = level * np.float32(deviation_hz / RATE_HZ)
    phase = np.cumsum(video, dtype=np.float64)
    del video
    drift = (phase[-1] - np.round(phase[-1])) / n  # without it the loop would not close
    samples = np.empty(n, np.complex64)
    for part in parts_of(n):
        turns = phase[part] - np.arange(part.start + 1, part.stop + 1) * drift
        samples[part] = np.exp(2j * np.pi * (turns % 1.0))
    del phase
    return make_loop(samples, rate_hz=RATE_HZ * (1 + clock_ppm * 1e-6))


def vsb_video(
    rng: np.random.Generator,
    *,
    standard: StandardName = "pal",
    clock_ppm: float = 0.0,
    picture: FloatArray | None = None,
    moving: bool = True,
) -> Loop:
    """Return an AM sender as in broadcast: negative modulation, vestigial lower sideband, FM sound at −10 dB.

    The centre of the loop is the vision carrier.

    Parameters
    ----------
    rng
        Source of the random numbers.
    standard
        ``pal`` or ``ntsc``.
    clock_ppm
        Error of the camera's crystal, parts per million.
    picture
        2-D (height, width) luminance 0 to 1; drawn at random if None.
    moving
        The picture changes from frame to frame.

    Returns
    -------
    Loop
        Samples at the loop's own rate, mean power 1, centred on the signal's carrier.

    References
    ----------
    ITU-R BT.470-6, Conventional television systems.
    """
    std = STANDARDS[standard]
    video = composite(rng, standard=standard, picture=picture, moving=moving)
    n = len(video)
    envelope = (1 - (1 - VSB_WHITE) * np.clip(video, -0.1, 1.1)).astype(np.complex64)
    del video
    spectrum = scipy.fft.fft(envelope, workers=1, overwrite_x=True)
    del envelope
    f = np.fft.fftfreq(n, 1 / RATE_HZ)
    upper = std.sound_hz - 0.4e6
    for part in parts_of(n):
        shape = np.clip((f[part] + VSB_LOWER_HZ + 0.5e6) / 0.5e6, 0, 1)
        shape *= np.clip((upper + 0.3e6 - f[part]) / 0.3e6, 0, 1)
        spectrum[part] *= shape.astype(np.float32)
    del f
    samples = scipy.fft.ifft(spectrum, workers=1, overwrite_x=True)
    del spectrum
    cycles = round(std.sound_hz / RATE_HZ * n)
    for part in parts_of(n):
        i = np.arange(part.start, part.stop)
        wobble = 30 * np.sin(2 * np.pi * i * (100 / n))
        sound = np.exp(1j * (2 * np.pi * cycles / n * i + wobble))
        samples[part] += (0.3 * sound).astype(np.complex64)
    return make_loop(samples, rate_hz=RATE_HZ * (1 + clock_ppm * 1e-6))

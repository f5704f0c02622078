"""A second source of television and of supplies that shares no code with `hw.sim`.

The picture is a function of time: the line clock is a phase that may run at any rate and wander, a pulse
table says what a half line holds, luminance is a sum of gratings and discs. The FM sender is band-limited to
the slice before its noise is added, as a receiver's filter does it. Nothing here imports a detector.

References
----------
ITU-R BT.470 (625 and 525 lines), EIA RS-170 (15 750 Hz, 525 lines, no colour); progressive 312 and 262 lines
as of game consoles and cheap camera modules.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray

Samples = NDArray[np.complex64]
Real = NDArray[np.float64]
Rng = np.random.Generator
OVER = 4  # a supply's edges are drawn on a grid this much finer


@dataclass(frozen=True, slots=True, kw_only=True)
class Raster:
    """A television raster: line rate, half lines a field, pulses of the vertical blanking."""

    line_hz: float
    half_lines: int
    pulses: int
    blank_half_lines: int


RASTERS = {
    "pal": Raster(line_hz=15_625.0, half_lines=625, pulses=5, blank_half_lines=50),
    "ntsc": Raster(line_hz=15_734.266, half_lines=525, pulses=6, blank_half_lines=42),
    "rs170": Raster(line_hz=15_750.0, half_lines=525, pulses=6, blank_half_lines=42),
    "288p": Raster(line_hz=15_600.0, half_lines=624, pulses=5, blank_half_lines=48),
    "312x50": Raster(line_hz=15_625.0, half_lines=624, pulses=5, blank_half_lines=44),
    "240p": Raster(line_hz=15_734.266, half_lines=524, pulses=6, blank_half_lines=42),
    "262x60": Raster(line_hz=15_720.0, half_lines=524, pulses=6, blank_half_lines=42),
    "16k": Raster(line_hz=16_000.0, half_lines=640, pulses=5, blank_half_lines=50),
}


def line_clock(count: int, *, rate_hz: float, line_hz: float, wander: Real | None = None) -> Real:
    """Return the phase in lines at each sample; ``wander`` is the relative error of the rate over time."""
    steps = np.full(count, line_hz / rate_hz)
    if wander is not None:
        steps *= 1 + np.interp(np.arange(count), np.linspace(0, count - 1, len(wander)), wander)
    return np.cumsum(steps)


def luminance(rng: Rng, across: Real, down: Real, frame: Real) -> Real:
    """Return the picture 0…1 at places 0…1: gratings, a slope, and discs that move from frame to frame."""
    light = 0.45 + 0.15 * (across - 0.5) * rng.choice([-1, 1])
    for _ in range(4):
        fx, fy, turn = rng.uniform(0.3, 9), rng.uniform(0.3, 7), rng.uniform(0, 6.3)
        light += rng.uniform(0.02, 0.12) * np.sin(2 * np.pi * (fx * across + fy * down) + turn)
    for _ in range(4):
        x0, y0, size = rng.uniform(0.1, 0.9), rng.uniform(0.1, 0.9), rng.uniform(0.05, 0.25)
        moved = x0 + rng.uniform(-0.01, 0.01) * frame
        light += rng.uniform(-0.4, 0.4) * ((across - moved) ** 2 + (down - y0) ** 2 < size**2)
    return np.asarray(np.clip(light, 0, 1), np.float64)


def composite(rng: Rng, lines: Real, raster: Raster) -> Real:
    """Return the video, sync 0, black 0.3, white 1, for each line phase."""
    half = lines * 2
    number = np.floor(half)
    field = np.floor(number / raster.half_lines)
    row = number - field * raster.half_lines
    in_line = lines % 1.0
    starts = number % 2 == 0
    in_half = half - number
    across = (in_line * 64 - 10.4) / 52.0
    down = (row - raster.blank_half_lines) / (raster.half_lines - raster.blank_half_lines - raster.pulses)
    active = (across > 0) & (across < 1) & (down > 0) & (down < 1)
    video = np.where(active, 0.3 + 0.7 * luminance(rng, across, down, field), 0.3)
    broad = row < raster.pulses
    equal = ((row >= raster.pulses) & (row < 2 * raster.pulses)) | (row >= raster.half_lines - raster.pulses)
    video[broad & (in_half < 0.86)] = 0.0
    video[equal & (in_half < 0.073)] = 0.0
    video[equal & (in_half >= 0.073)] = 0.3
    video[~broad & ~equal & starts & (in_half < 0.147)] = 0.0
    return video


def band_limit(x: NDArray[np.inexact], *, rate_hz: float, low_hz: float, high_hz: float) -> Samples:
    """Keep what lies between two frequencies."""
    spectrum = scipy.fft.fft(x.astype(np.complex64), workers=1)
    f = scipy.fft.fftfreq(len(x), 1 / rate_hz)
    spectrum[(f < low_hz) | (f > high_hz)] = 0
    return np.asarray(scipy.fft.ifft(spectrum, workers=1), np.complex64)


def noise(rng: Rng, count: int) -> Samples:
    """Return white noise of power 1."""
    return (rng.standard_normal(2 * count).astype(np.float32) / np.float32(np.sqrt(2))).view(np.complex64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """A camera's video over time, sync 0 and white 1, at ``over`` times the rate of its slice."""

    video: Real
    rate_hz: float
    over: int

    @property
    def fine_hz(self) -> float:
        """Samples of the video a second."""
        return self.rate_hz * self.over


def shoot(
    rng: Rng,
    *,
    raster: str,
    rate_hz: float,
    seconds: float,
    widest_hz: float,
    ppm: float = 0.0,
    wander_ppm: Real | None = None,
    video_hz: float = 5e6,
) -> Shot:
    """Return what a camera sees; ``widest_hz`` is the largest swing that it will be sent with."""
    over = max(1, int(np.ceil(2 * (widest_hz + 2 * min(video_hz, 3e6)) / rate_hz)))
    fine_hz, count = rate_hz * over, round(seconds * rate_hz)
    n = scipy.fft.next_fast_len(count * over)
    shape = RASTERS[raster]
    wander = None if wander_ppm is None else np.asarray(wander_ppm) * 1e-6
    lines = line_clock(n, rate_hz=fine_hz, line_hz=shape.line_hz * (1 + ppm * 1e-6), wander=wander)
    video = composite(rng, lines + rng.uniform(0, 2 * shape.half_lines), shape)
    limited = band_limit(video, rate_hz=fine_hz, low_hz=-video_hz, high_hz=video_hz).real
    return Shot(video=np.asarray(limited, np.float64), rate_hz=rate_hz, over=over)


def send(shot: Shot, *, swing_hz: float, offset_hz: float = 0.0, am: bool = False) -> Samples:
    """Return what of an FM (or AM) camera falls into a slice, without noise, shape (n,)."""
    n = len(shot.video)
    carrier = offset_hz / shot.fine_hz * np.arange(n)
    if am:
        sent = (1 - 0.85 * shot.video) * np.exp(2j * np.pi * (carrier % 1.0))
    else:
        swept = np.cumsum((shot.video - 0.5) * swing_hz / shot.fine_hz)
        sent = np.exp(2j * np.pi * ((carrier + swept) % 1.0))
    half_hz = 0.46 * shot.rate_hz
    return band_limit(sent, rate_hz=shot.fine_hz, low_hz=-half_hz, high_hz=half_hz)[:: shot.over]


def fm_slice(
    rng: Rng,
    *,
    raster: str,
    rate_hz: float,
    seconds: float,
    swing_hz: float,
    snr_db: float,
    offset_hz: float = 0.0,
    ppm: float = 0.0,
    wander_ppm: Real | None = None,
    video_hz: float = 5e6,
    am: bool = False,
) -> Samples:
    """Return one slice with an FM (or AM) camera in it, ``snr_db`` in the slice, as eight bits hold it."""
    shot = shoot(
        rng, raster=raster, rate_hz=rate_hz, seconds=seconds, widest_hz=swing_hz, ppm=ppm,
        wander_ppm=wander_ppm, video_hz=video_hz,
    )  # fmt: skip
    part = send(shot, swing_hz=swing_hz, offset_hz=offset_hz, am=am)[: round(seconds * rate_hz)]
    return hear(rng, part, snr_db=snr_db)


def hear(rng: Rng, part: Samples, *, snr_db: float) -> Samples:
    """Return a signal with noise, ``snr_db`` below it over the whole slice, as eight bits hold it."""
    power = float(np.mean(np.abs(part) ** 2))
    x = part * np.float32(10 ** (snr_db / 20) / np.sqrt(max(power, 1e-12))) + noise(rng, len(part))
    return as_bytes(np.asarray(x * np.float32(0.25 / np.sqrt(np.mean(np.abs(x) ** 2))), np.complex64))


def as_bytes(x: Samples) -> Samples:
    """Round to eight bits."""
    codes = np.clip(np.round(x.view(np.float32) * 127.5 + 127.5), 0, 255)
    return ((codes.astype(np.float32) - np.float32(127.5)) / np.float32(127.5)).view(np.complex64)


def supply_slice(
    rng: Rng,
    *,
    switching_hz: float,
    rate_hz: float,
    seconds: float,
    snr_db: float,
    way: int | None = None,
) -> Samples:
    """Return a switching supply: trapezoid pulses that move a carrier, noise or a ringing, with mains on it.

    The switching rate may sweep slowly (spread spectrum), the carrier may be pulled in frequency by the
    pulses (which is FM, as video is), and the mains moves level and width.
    """
    n = round(seconds * rate_hz) * OVER
    t = np.arange(n) / (rate_hz * OVER)
    mains_hz = float(rng.choice([50, 60, 100, 120]))
    mains = np.sin(2 * np.pi * mains_hz * t + rng.uniform(0, 6.3)) * rng.uniform(0, 0.3)
    if rng.random() < 0.3:
        mains = np.abs(mains) * 2 - 0.2
    spread = rng.uniform(0, 3e-4) * np.sin(2 * np.pi * rng.uniform(1, 40) * t) * (rng.random() < 0.3)
    cycle = np.cumsum(switching_hz * (1 + spread) / (rate_hz * OVER)) + rng.random()
    duty = rng.uniform(0.1, 0.6) * (1 + 0.3 * mains)
    ramp = rng.uniform(0.005, 0.05)
    wave = np.clip((cycle % 1.0) / ramp, 0, 1) * np.clip((duty - cycle % 1.0) / ramp + 1, 0, 1)
    way = int(rng.integers(4)) if way is None else way
    if way == 0:
        sent = (0.1 + wave) * (1 + mains) * noise(rng, n)
    elif way == 1:
        sent = (0.2 + wave * (1 + mains)) * np.exp(2j * np.pi * rng.uniform(-0.3, 0.3) * rate_hz * t)
    elif way == 2:
        pulled = np.cumsum((wave + 0.3 * mains) * rng.uniform(0.05, 1.0) * 1e6 / (rate_hz * OVER))
        sent = np.exp(2j * np.pi * (pulled % 1.0)) * (1 + 0.3 * wave * mains)
    else:
        ring = np.exp(-t[: round(20e-6 * rate_hz * OVER)] * 4e5) * np.exp(
            2j * np.pi * rng.uniform(-0.3, 0.3) * rate_hz * t[: round(20e-6 * rate_hz * OVER)]
        )
        edges = np.diff(wave, prepend=0.0) * (1 + mains)
        sent = scipy.fft.ifft(scipy.fft.fft(edges) * scipy.fft.fft(ring, n))
    part = band_limit(sent, rate_hz=rate_hz * OVER, low_hz=-0.46 * rate_hz, high_hz=0.46 * rate_hz)[::OVER]
    return hear(rng, part, snr_db=snr_db)

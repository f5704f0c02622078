"""Attacks with light and radio on the simulated devices: what they add to a picture or to a block of samples.

Strengths go from what does no harm to what blinds. Light is in grey levels (255 is white) at its brightest
place; radio in dBm within the slice that is tuned.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hw.sim.camera import SimCamera
from hw.sim.rf_loop import Loop
from hw.sim.sdr import SimSdr, _loop_part
from hw.sim.waveforms_video import vsb_video

Picture = NDArray[np.float32]
Samples = NDArray[np.complex64]
# A wide skirt around the bright core: stray light inside the optics.
TORCH_SIZE, MIRROR_SIZE, LASER_SIZE = 0.05, 0.02, 0.004  # of the core, shares of the picture's width
TV_LINE_HZ = 15_734.0
MODULATOR_HZ = 603.25e6  # vision carrier of channel 36, to which such modulators are set


@lru_cache(maxsize=8)
def _glow(shape: tuple[int, int], size: float) -> Picture:
    """Return a light in the middle of the picture, 1 at its brightest."""
    rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]]
    away = (columns - shape[1] / 2) ** 2 + (rows - shape[0] / 2) ** 2
    return np.asarray(1 / (1 + away / (size * shape[1]) ** 2), np.float32)


def torch(_camera: SimCamera, shape: tuple[int, int], dn: float) -> Picture:
    """A lamp held into the camera's eye."""
    return _glow(shape, TORCH_SIZE) * np.float32(dn)


def laser(camera: SimCamera, shape: tuple[int, int], dn: float) -> Picture:
    """A laser that trembles about the middle of the eye."""
    t_s = camera._clock.now_ns() * 1e-9
    moved = (round(40 * math.sin(9 * t_s)), round(60 * math.cos(7 * t_s)))
    return np.roll(_glow(shape, LASER_SIZE), moved, (0, 1)) * np.float32(dn)


def mirror(camera: SimCamera, shape: tuple[int, int], dn: float) -> Picture:
    """A mirror that throws the unit's own ring back."""
    now = np.array([camera._clock.now_ns() * 1e-9])
    lit = camera._leds.lit_shares(now, camera._settings.exposure_us * 1e-6)["ring"][0]
    return _glow(shape, MIRROR_SIZE) * np.float32(dn * lit)


def floodlight(_camera: SimCamera, shape: tuple[int, int], dn: float) -> Picture:
    """Infrared that lights the whole room."""
    return np.full(shape, dn, np.float32)


def noise(_sdr: SimSdr, count: int, rng: np.random.Generator, amplitude: float) -> Samples:
    """A jammer that fills whatever is tuned."""
    both = rng.standard_normal((2, count), dtype=np.float32) * np.float32(amplitude / math.sqrt(2))
    return np.asarray(both[0] + 1j * both[1], np.complex64)


def carrier(_sdr: SimSdr, count: int, _rng: np.random.Generator, amplitude: float) -> Samples:
    """A strong carrier beside whatever is tuned."""
    return np.asarray(amplitude * np.exp(2j * np.pi * 0.13 * np.arange(count)), np.complex64)


def line_noise(sdr: SimSdr, count: int, rng: np.random.Generator, amplitude: float) -> Samples:
    """The supply of a set next door: noise at every line of its picture, wherever is tuned."""
    at_lines = np.sin(2 * np.pi * TV_LINE_HZ / sdr.rate_hz * np.arange(count, dtype=np.float32)) > 0.7
    return np.asarray(noise(sdr, count, rng, amplitude) * at_lines, np.complex64)


@lru_cache(maxsize=1)
def _modulator() -> Loop:
    return vsb_video(np.random.default_rng(1), standard="ntsc")


def television(sdr: SimSdr, count: int, _rng: np.random.Generator, amplitude: float) -> Samples:
    """A player next door that feeds its set through an NTSC modulator, whose cable leaks."""
    loop, offset_hz = _modulator(), sdr._center_hz - MODULATOR_HZ
    if abs(offset_hz) > loop.half_width_hz + sdr.rate_hz / 2:
        return np.zeros(count, np.complex64)
    part = sdr._slice("next-door", loop, offset_hz)
    start = round(sdr._clock.now_ns() * 1e-9 * sdr.rate_hz) % len(part)
    return np.asarray(_loop_part(part, start, count) * np.float32(amplitude), np.complex64)


Light = Callable[[SimCamera, tuple[int, int], float], Picture]
Radio = Callable[[SimSdr, int, np.random.Generator, float], Samples]
LIGHTS: dict[Light, tuple[float, float, float]] = {
    floodlight: (60.0, 150.0, 300.0),
    torch: (200.0, 1000.0, 10_000.0),
    laser: (300.0, 3000.0, 100_000.0),
    mirror: (300.0, 3000.0, 100_000.0),
}
RADIOS: dict[Radio, tuple[float, float, float]] = {
    noise: (-90.0, -70.0, -40.0),
    carrier: (-70.0, -50.0, -30.0),
    line_noise: (-90.0, -70.0, -40.0),
    television: (-100.0, -85.0, -70.0),
}


def shine(patch: Any, light: Light, dn: float) -> None:
    """Let a light fall into every simulated picture; ``patch`` is pytest's."""
    sense = SimCamera._sense

    def dazzled(camera: SimCamera, picture: Picture) -> NDArray[np.uint8]:
        return sense(camera, picture + light(camera, (picture.shape[0], picture.shape[1]), dn))

    patch.setattr(SimCamera, "_sense", dazzled)


def jam(patch: Any, radio: Radio, dbm: float) -> None:
    """Add a sender to every simulated block of samples; ``patch`` is pytest's."""
    receive = SimSdr._receive

    def jammed(sdr: SimSdr, count: int, t_ns: int, rng: np.random.Generator) -> Samples:
        return receive(sdr, count, t_ns, rng) + radio(sdr, count, rng, sdr._amplitude(dbm))

    patch.setattr(SimSdr, "_receive", jammed)

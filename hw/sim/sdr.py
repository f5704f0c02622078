"""The simulated RTL-SDR: adds what sends within the tuned slice and quantises it to eight bits.

::

    thing.rf ─ waveform (one loop, kept) ─ slice at the tuned frequency ─ level by distance ─┐
                                                noise, offset, the crystal's own lines ──────┼─ gain ─ cu8
"""

from __future__ import annotations

import math
from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray

from hw.closing import Closing
from hw.config import HwConfig
from hw.errors import DeviceLost
from hw.formats.iq import to_complex
from hw.protocols import Clock
from hw.sim.rf_emitters import emitter_loop
from hw.sim.rf_loop import ComplexArray, Loop, filtered_noise, slice_loop
from hw.sim.scene import Scene, Thing, load_scene
from hw.types import DeviceHealth, DeviceInfo, IqBlock

SETTLE_NS = 5_000_000  # tuner and PLL after a retune
GARBAGE_S = 0.0005  # what is still in the pipe at the start of the first block after it
NOISE_DBM_HZ = -174.0 + 7.0  # thermal noise and the tuner's noise figure
FULL_SCALE_DBM = -15.0  # at 0 dB gain, at the antenna; falls dB by dB with the gain
CONVERTER_NOISE = 0.6 / 128  # rms, full scale: an idle converter toggles its last bit
OFFSET = 0.8 / 128 + 0.5j / 128  # the converter's offset: the spike at the tuned frequency
PRODUCT_GAIN_DB = 29.7  # the gain at which a facet's level is that of an overload's product
CRYSTAL_HZ, CRYSTAL_DBFS = 28.8e6, -52.0
SPEED_OF_LIGHT_M_S = 299_792_458.0
LOWEST_HZ, HIGHEST_HZ = 24e6, 1766e6
DEAF_HZ = 100e6  # beyond its reach: nothing is that wide
FAR_M, WALL_LOSS_DB = 5_000.0, 15.0  # a broadcast mast or aircraft, heard through walls
NOISE_SAMPLES = 1 << 21
SLICES_BYTES = 48 << 20  # of slices kept ready; one is 4 MB for 0.2 s, 19 MB for 1 s of a transmission


class SimSdr(Closing):
    """A tunable receiver in a scene. Everything follows from the scene's seed and the clock."""

    def __init__(self, scene: Scene, *, config: HwConfig, clock: Clock) -> None:
        self._scene, self._clock = scene, clock
        self._rate_hz = config.sdr.rate_hz
        self._gain_db = config.sdr.gain_db
        self._center_hz = 100e6
        self._retuned = True
        self._closed = False
        self._noise = filtered_noise(scene.rng("rf-noise"), NOISE_SAMPLES)
        self._slices: OrderedDict[tuple[str, float], ComplexArray] = OrderedDict()

    @property
    def rate_hz(self) -> float:
        """The sample rate, Hz."""
        return self._rate_hz

    @property
    def tunable(self) -> bool:
        """True: it is a receiver, no recording."""
        return True

    def tune(self, *, center_hz: float, gain_db: float | None = None) -> None:
        """Tune, which takes its settling time."""
        self._require()
        self._center_hz = min(max(center_hz, LOWEST_HZ), HIGHEST_HZ)
        if gain_db is not None:
            self._gain_db = gain_db
        self._retuned = True
        self._clock.sleep_until(self._clock.now_ns() + SETTLE_NS)

    def read(self, *, count: int) -> IqBlock:
        """Return the next ``count`` samples from now on."""
        self._require()
        t_ns = self._clock.now_ns()
        rng = self._scene.rng("rf-read", t_ns)
        x = self._receive(count, t_ns, rng)
        if self._retuned:
            x[: round(GARBAGE_S * self._rate_hz)] *= np.float32(0.2)
            self._retuned = False
        samples, clipped = quantise(x)
        self._clock.sleep_until(t_ns + round(count * 1e9 / self._rate_hz))
        return IqBlock(
            t_ns=t_ns,
            center_hz=self._center_hz,
            rate_hz=self._rate_hz,
            gain_db=self._gain_db,
            samples=samples,
            clipped_share=clipped,
        )

    def _receive(self, count: int, t_ns: int, rng: np.random.Generator) -> ComplexArray:
        """Sum of everything at the converter, full scale 1."""
        noise_dbm = NOISE_DBM_HZ + 10 * math.log10(self._rate_hz)
        noise = math.hypot(self._amplitude(noise_dbm), CONVERTER_NOISE)
        x = _loop_part(self._noise, int(rng.integers(NOISE_SAMPLES)), count) * np.float32(noise)
        x += np.complex64(OFFSET)
        self._add_crystal(x, t_ns)
        for thing in self._scene.things:
            if thing.rf is not None:
                self._add_thing(x, thing, t_ns)
        return x

    def _amplitude(self, dbm: float) -> float:
        return float(10 ** ((dbm + self._gain_db - FULL_SCALE_DBM) / 20))

    def _add_crystal(self, x: ComplexArray, t_ns: int) -> None:
        offset_hz = round(self._center_hz / CRYSTAL_HZ) * CRYSTAL_HZ - self._center_hz
        if abs(offset_hz) < self._rate_hz / 2:
            start = t_ns * 1e-9 * offset_hz % 1.0
            turns = start + np.arange(len(x)) * (offset_hz / self._rate_hz)
            x += (10 ** (CRYSTAL_DBFS / 20) * np.exp(2j * np.pi * (turns % 1.0))).astype(np.complex64)

    def _add_thing(self, x: ComplexArray, thing: Thing, t_ns: int) -> None:
        facet = thing.rf
        if facet is None or facet.center_hz > HIGHEST_HZ + DEAF_HZ:
            return
        loop = emitter_loop(facet, seed=self._scene.seed, name=thing.id)
        offset_hz = self._center_hz - facet.center_hz
        if abs(offset_hz) > loop.half_width_hz + self._rate_hz / 2:
            return
        part = self._slice(thing.id, loop, offset_hz)
        distance_m = FAR_M if facet.far_away else self._scene.distance_m(thing, t_ns)
        loss_db = free_space_loss_db(distance_m, hz=facet.center_hz) + WALL_LOSS_DB * facet.far_away
        start = round(t_ns * 1e-9 * self._rate_hz) % len(part)
        level_dbm = facet.power_dbm - loss_db
        level_dbm += (facet.receiver_order - 1) * (self._gain_db - PRODUCT_GAIN_DB)
        x += _loop_part(part, start, len(x)) * np.float32(self._amplitude(level_dbm))

    def _slice(self, name: str, loop: Loop, offset_hz: float) -> ComplexArray:
        key = (name, offset_hz)
        if key not in self._slices:
            self._slices[key] = slice_loop(loop, offset_hz=offset_hz, rate_hz=self._rate_hz)
            while len(self._slices) > 1 and sum(s.nbytes for s in self._slices.values()) > SLICES_BYTES:
                self._slices.popitem(last=False)
        self._slices.move_to_end(key)
        return self._slices[key]

    def _require(self) -> None:
        if self._closed:
            raise DeviceLost("The simulated receiver is closed", hint="Open it again.")
        self._scene.require_plugged("rf", self._clock.now_ns())

    def info(self) -> DeviceInfo:
        """Return the name of the simulated receiver."""
        return DeviceInfo(role="sdr", backend="sim", name=f"sim:{self._scene.id}")

    def health(self) -> DeviceHealth:
        """Return a health without trouble until the receiver is unplugged."""
        try:
            self._require()
        except DeviceLost as error:
            return DeviceHealth(ok=False, reason=error.reason, hint=error.hint)
        return DeviceHealth(ok=True, numbers={"gain_db": self._gain_db})

    def close(self) -> None:
        """Let go; may be called twice."""
        self._closed = True
        self._slices.clear()


def free_space_loss_db(distance_m: float, *, hz: float) -> float:
    """Return the free-space path loss between isotropic antennas, in dB (ITU-R P.525), never negative.

    Parameters
    ----------
    distance_m
        Between the antennas, m.
    hz
        Frequency in Hz.

    Returns
    -------
    float
        Loss in dB, at least 0.

    Notes
    -----
    ``20·log10(4π·d·f/c)``; below a wavelength the far field does not hold and the loss is held at 0.

    References
    ----------
    ITU-R P.525-4, Calculation of free-space attenuation.
    """
    return max(0.0, 20 * math.log10(4 * math.pi * distance_m * hz / SPEED_OF_LIGHT_M_S))


def quantise(x: ComplexArray) -> tuple[ComplexArray, float]:
    """Return samples as unsigned bytes around 127.5 give them, and the share of values at full scale.

    Parameters
    ----------
    x
        1-D complex, full scale at ±1.

    Returns
    -------
    tuple
        1-D complex64 samples as an 8-bit converter gives them, and the share of I and Q values at its
        ends, 0 to 1.
    """
    scaled = np.floor(x.view(np.float32) * np.float32(127.5) + np.float32(128))
    codes = np.clip(scaled, 0, 255).astype(np.uint8)
    clipped = float(np.count_nonzero((codes == 0) | (codes == 255))) / max(codes.size, 1)
    return to_complex(codes, "cu8"), clipped


def _loop_part(loop: NDArray[np.complex64], start: int, count: int) -> ComplexArray:
    """Return ``count`` samples of an endless loop from ``start`` on, as a new array."""
    if start + count <= len(loop):
        return loop[start : start + count].copy()
    return np.resize(np.roll(loop, -start), count)


def open_sdr(*, target: str, config: HwConfig, clock: Clock) -> SimSdr:
    """Open the receiver of a scene. Raises `hw.errors.BadKit` where there is no such scene."""
    return SimSdr(load_scene(target), config=config, clock=clock)

"""The simulated spectral scan: what the Wi-Fi adapter of a scene relays, as an AR9280 writes it.

Only a scene that says that its unit has such an adapter has one: ``sim:NAME?also=spectral``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hw.closing import Closing
from hw.config import HwConfig
from hw.errors import DeviceMissing
from hw.formats.spectral_scan import HEAD, HT20, HT20_BINS, HT20_WIDTH_HZ, SpectralReader
from hw.protocols import Clock
from hw.sim.high_air import channel_at, frames_share, video_senders, wifi_level_dbm
from hw.sim.scene import Scene, load_scene
from hw.types import DeviceHealth, DeviceInfo, SpectralBatch, SpectralSample

STEP_NS = 1_500_000  # between two FFTs
FLOOR_DBM = -95
WIFI_WIDTH_HZ = 16.6e6
BIN_HZ = HT20_WIDTH_HZ / HT20_BINS
LINE_BINS = 0.8  # half width of a carrier's line in the chip's FFT
MOST_MAGNITUDE = 255
MOST_IN_A_READ = 4096


class SimSpectral(Closing):
    """An adapter that makes FFTs in one simulated room, on the channel that its Wi-Fi sensor is on."""

    def __init__(self, *, scene: Scene, clock: Clock) -> None:
        self._scene, self._clock = scene, clock
        scene.require_plugged("wifi", clock.now_ns())
        self._next_ns = clock.now_ns()

    def info(self) -> DeviceInfo:
        """Return the name of the simulated adapter."""
        return DeviceInfo(
            role="spectral", backend="sim", name="simulated Wi-Fi spectra", detail=self._scene.id
        )

    def health(self) -> DeviceHealth:
        """Return ok: an unplugged adapter raises instead."""
        return DeviceHealth(ok=True)

    def channels_hz(self) -> tuple[float, ...]:
        """Return nothing: the adapter is on the channel that its Wi-Fi sensor has set."""
        return ()

    def set_channel(self, *, center_hz: float) -> None:
        """Change nothing: see `channels_hz`."""

    def read_spectra(self, *, duration_s: float) -> SpectralBatch:
        """Return the FFTs since the last read and of the next ``duration_s`` seconds."""
        begin_ns = self._clock.now_ns()
        self._scene.require_plugged("wifi", begin_ns)
        until_ns = begin_ns + round(duration_s * 1e9)
        self._next_ns = max(self._next_ns, until_ns - MOST_IN_A_READ * STEP_NS)
        samples: list[SpectralSample] = []
        while self._next_ns < until_ns:
            samples += self._fft(self._next_ns)
            self._next_ns += STEP_NS
        self._clock.sleep_until(until_ns)
        return SpectralBatch(t_ns=begin_ns, until_ns=until_ns, samples=tuple(samples))

    def _fft(self, t_ns: int) -> tuple[SpectralSample, ...]:
        rng, channel_hz = self._scene.rng("spectral", t_ns), channel_at(t_ns)
        places = channel_hz + (np.arange(HT20_BINS) + 0.5 - HT20_BINS / 2) * BIN_HZ
        power = 10 ** (FLOOR_DBM / 10) / HT20_BINS * rng.exponential(size=HT20_BINS)
        for sender in video_senders(self._scene, t_ns):
            at_hz = sender.center_hz + sender.deviation_hz * float(np.clip(rng.normal(0, 0.4), -1, 1))
            power += 10 ** (sender.level_dbm / 10) * _line(places, at_hz)
        level_dbm = wifi_level_dbm(self._scene, channel_hz, t_ns)
        if level_dbm is not None and rng.random() < frames_share(self._scene, channel_hz):
            inside = np.abs(places - channel_hz) <= WIFI_WIDTH_HZ / 2
            power += inside / inside.sum() * 10 ** (level_dbm / 10) * rng.exponential(size=HT20_BINS)
        record = _record(power, mhz=round(channel_hz / 1e6), tsf_us=t_ns // 1000)
        return SpectralReader(base_ns=t_ns).feed(record)


def _line(places: NDArray[np.floating], at_hz: float) -> NDArray[np.floating]:
    """Share of a carrier's power in each bin: a line, and skirts that fall as a windowed FFT's do."""
    away = (places - at_hz) / BIN_HZ
    shape = 1 / (1 + (away / LINE_BINS) ** 6)
    inside = shape.sum()
    return shape / inside if np.abs(away).min() < 1 else shape * 0.0


def _record(power: NDArray[np.floating], *, mhz: int, tsf_us: int) -> bytes:
    """Return bins as the chip relays them: magnitudes in a byte, with a common exponent."""
    amplitude = np.sqrt(power)
    magnitudes = np.rint(amplitude / amplitude.max() * MOST_MAGNITUDE).astype(np.uint8)
    rssi = int(np.clip(round(10 * float(np.log10(power.sum())) - FLOOR_DBM), 0, 127))
    body: bytes = HT20.pack(0, mhz, rssi, FLOOR_DBM, 0, 0, 0, tsf_us) + magnitudes.tobytes()
    return HEAD.pack(1, len(body)) + body


def open_spectral(*, target: str, config: HwConfig, clock: Clock) -> SimSpectral:  # noqa: ARG001
    """Open the spectra of a scene; raises `DeviceMissing` where its unit has no such adapter."""
    scene = load_scene(target)
    if "spectral" not in scene.also:
        raise DeviceMissing(f"The unit of {scene.id} has no adapter that makes spectra")
    return SimSpectral(scene=scene, clock=clock)

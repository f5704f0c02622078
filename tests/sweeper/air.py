"""Signals for the tests of the RF sensor: truth by construction, from generators that know no detector."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from hw.sim import waveforms_ofdm as ofdm
from hw.sim import waveforms_other as other
from hw.sim import waveforms_video as video
from hw.sim.rf_loop import Loop, filtered_noise, slice_loop

RATE_HZ = 2.4e6
Samples = NDArray[np.complex64]
MAKERS: dict[str, Callable[[np.random.Generator], Loop]] = {
    "pal-fm": lambda rng: video.fm_video(rng, clock_ppm=-40.0),
    "ntsc-fm": lambda rng: video.fm_video(rng, standard="ntsc", clock_ppm=30.0),
    "pal-vsb": lambda rng: video.vsb_video(rng, clock_ppm=20.0),
    "ntsc-vsb": lambda rng: video.vsb_video(rng, standard="ntsc"),
    "cofdm": lambda rng: ofdm.cofdm(rng, bandwidth_hz=8e6),
    "dvb-t": lambda rng: ofdm.cofdm(rng, bandwidth_hz=8e6, fft_size=8192, guard=1 / 4),
    "dab": ofdm.dab,
    "lte": ofdm.lte,
    "atsc": other.atsc,
    "gsm": other.gsm,
    "gsm-bursts": lambda rng: other.gsm(rng, busy_slots=2),
    "dect": other.dect,
    "tetra": other.tetra,
    "fm": other.fm_broadcast,
    "adsb": other.adsb,
    "dme": other.dme,
    "ook": other.ook_bursts,
    "carrier": other.carrier,
    "supply-noise": lambda rng: other.supply(rng, switching_hz=15_625.0),
    "supply-carrier": lambda rng: other.supply(rng, switching_hz=15_625.0, style="carrier"),
    "supply-ringing": lambda rng: other.supply(rng, switching_hz=15_734.2, style="ringing", ripple_hz=120.0),
}


@lru_cache(maxsize=32)
def loop(name: str, seed: int = 1) -> Loop:
    """Return one of the transmissions above."""
    return MAKERS[name](np.random.default_rng([seed, *name.encode()]))


def heard(
    name: str | None, *, snr_db: float = 10.0, offset_hz: float = 0.3e6, seconds: float = 0.2, seed: int = 1
) -> Samples:
    """Return noise of power 1 and, in the slice, a signal that is ``snr_db`` stronger (None: noise alone)."""
    rng = np.random.default_rng([seed, round(snr_db * 10) + 1000, round(abs(offset_hz))])
    count = round(seconds * RATE_HZ)
    x = filtered_noise(rng, count)
    if name is not None:
        part = slice_loop(loop(name), offset_hz=offset_hz, rate_hz=RATE_HZ)
        start = int(rng.integers(len(part)))
        part = np.resize(np.roll(part, -start), count)
        power = float(np.mean(np.abs(part) ** 2))
        x += part * np.float32(10 ** (snr_db / 20) / np.sqrt(power))
    return x * np.float32(0.02)

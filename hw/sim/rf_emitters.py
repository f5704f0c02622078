"""Maps an RF facet to its waveform and keeps a bounded store of those made."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from hw.sim import waveforms_ofdm as ofdm
from hw.sim import waveforms_other as other
from hw.sim import waveforms_video as video
from hw.sim.facets import RfFacet
from hw.sim.memory import give_back
from hw.sim.rf_loop import Loop

CAMERA_CRYSTAL_PPM = 30.0  # spread of a cheap camera's clock, standard deviation
MAX_LOOPS = 12  # at most about 25 MB each

Maker = Callable[[RfFacet, np.random.Generator], Loop]


def _video(facet: RfFacet, rng: np.random.Generator) -> Loop:
    ppm = float(np.clip(rng.normal(0, CAMERA_CRYSTAL_PPM), -100, 100))
    if facet.modulation == "am-vsb":
        return video.vsb_video(rng, standard=facet.standard, clock_ppm=ppm)
    return video.fm_video(rng, standard=facet.standard, deviation_hz=facet.deviation_hz, clock_ppm=ppm)


def _dvb_t(facet: RfFacet, rng: np.random.Generator) -> Loop:
    width_hz = facet.bandwidth_hz or 8e6
    return ofdm.cofdm(rng, bandwidth_hz=width_hz, fft_size=8192, guard=facet.guard)


MAKERS: dict[str, Maker] = {
    "analog-video": _video,
    "cofdm": lambda f, rng: ofdm.cofdm(rng, bandwidth_hz=f.bandwidth_hz or 8e6, guard=f.guard),
    "dvb-t": _dvb_t,
    "atsc": lambda _, rng: other.atsc(rng),
    "lte": lambda _, rng: ofdm.lte(rng),
    "gsm": lambda _, rng: other.gsm(rng),
    "dab": lambda _, rng: ofdm.dab(rng),
    "tetra": lambda _, rng: other.tetra(rng),
    "fm-broadcast": lambda _, rng: other.fm_broadcast(rng),
    "adsb": lambda _, rng: other.adsb(rng),
    "ook-bursts": lambda _, rng: other.ook_bursts(rng),
    "carrier": lambda _, rng: other.carrier(rng),
    "switching-supply": lambda f, rng: other.supply(
        rng, switching_hz=f.switching_hz, bandwidth_hz=f.bandwidth_hz or 4e6
    ),
}


@lru_cache(maxsize=MAX_LOOPS)
def emitter_loop(facet: RfFacet, *, seed: int, name: str) -> Loop:
    """Return one loop of what a thing sends. The same facet, seed and name give the same samples."""
    words = [seed, *name.encode()[:16], 0x5246]
    loop = MAKERS[facet.waveform](facet, np.random.default_rng(words))
    give_back()
    return loop

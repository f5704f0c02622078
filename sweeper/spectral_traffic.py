"""Names what is not a steady carrier among the FFTs of a Wi-Fi chip, as far as physics supports it.

Bursts of 8 MHz and more are Wi-Fi (or OFDM like it). Narrow bursts now here, now there are hopping: Bluetooth
and others, which these FFTs do not tell apart. Narrow and strong in the rhythm of the mains is a microwave
oven. Narrow bursts that stay in one place may be a cordless phone, Zigbee or a sensor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from sweeper.spectral_carrier import LEAST_SHARE, ONE_SENDER_HZ, Carrier
from sweeper.spectral_peaks import SampleFeatures, SpectralPeak

TrafficKind = Literal["wifi", "hopping", "oven", "bursts"]
WIDE_HZ, WIDE_SNR_DB = 8.0e6, 15.0
NARROW_SNR_DB = 15.0
LEAST_BURSTS = 3
PLACE_HZ, HOP_PLACES, HOP_SPREAD_HZ, MOST_IN_ONE_PLACE = 2.0e6, 3, 10.0e6, 0.5
OVEN_HZ, OVEN_MAINS_HZ, OVEN_BURSTS = (2425e6, 2485e6), (50.0, 60.0), 15
OVEN_RHYTHM, WATCH_RHYTHM = 0.45, 0.25  # mean of the bursts' phasors; that of all FFTs must say nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class SpectralTraffic:
    """Something that comes and goes. ``duty`` is its share of the FFTs on the channels where it was heard."""

    kind: TrafficKind
    low_hz: float
    high_hz: float
    snr_db: float
    duty: float
    hits: int
    first_ns: int
    last_ns: int


def classify_traffic(
    samples: Sequence[SampleFeatures], carriers: Sequence[Carrier]
) -> tuple[SpectralTraffic, ...]:
    """Return what comes and goes beside the steady carriers, by band.

    Parameters
    ----------
    samples : sequence of SampleFeatures
        FFTs in order of time.
    carriers : sequence of Carrier
        The steady carriers among them, which are left out.

    Returns
    -------
    tuple of SpectralTraffic
        At most one wide and one narrow entry for each of the two bands.
    """
    found: list[SpectralTraffic] = []
    for low_hz, high_hz in ((0.0, 3e9), (3e9, 1e10)):
        band = [s for s in samples if low_hz <= s.center_hz < high_hz]
        wide = [s for s in band if _is_wide(s, carriers)]
        narrow = [(p, s) for s in band for p in s.peaks[:1] if _is_narrow(p, s, carriers)]
        if len(wide) >= LEAST_BURSTS:
            found.append(_traffic("wifi", wide, band, [(s.low_hz, s.high_hz) for s in wide]))
        if len(narrow) >= LEAST_BURSTS:
            places = [(p.frequency_hz, p.frequency_hz) for p, _ in narrow]
            found.append(_traffic(_narrow_kind(narrow, band), [s for _, s in narrow], band, places))
    return tuple(found)


def _is_wide(sample: SampleFeatures, carriers: Sequence[Carrier]) -> bool:
    beside = not any(_inside(c, sample) for c in carriers)
    loud = sample.level_dbm - sample.noise_dbm >= WIDE_SNR_DB
    return beside and loud and sample.occupied_hz >= WIDE_HZ


def _inside(carrier: Carrier, sample: SampleFeatures) -> bool:
    """Whether a carrier lies in the span, or so near that its leakage fills it."""
    return sample.low_hz - ONE_SENDER_HZ <= carrier.center_hz <= sample.high_hz + ONE_SENDER_HZ


def _is_narrow(peak: SpectralPeak, sample: SampleFeatures, carriers: Sequence[Carrier]) -> bool:
    loud = peak.level_dbm - sample.noise_dbm >= NARROW_SNR_DB
    return loud and peak.share >= LEAST_SHARE and not any(_inside(c, sample) for c in carriers)


def _narrow_kind(
    narrow: Sequence[tuple[SpectralPeak, SampleFeatures]], band: Sequence[SampleFeatures]
) -> TrafficKind:
    places = np.array([peak.frequency_hz for peak, _ in narrow])
    if _in_rhythm_of_mains(narrow, band):
        return "oven"
    _, counts = np.unique(np.round(places / PLACE_HZ), return_counts=True)
    spread = float(np.ptp(places)) >= HOP_SPREAD_HZ
    hops = len(counts) >= HOP_PLACES and counts.max() <= MOST_IN_ONE_PLACE * len(places)
    return "hopping" if spread and hops else "bursts"


def _in_rhythm_of_mains(
    narrow: Sequence[tuple[SpectralPeak, SampleFeatures]], band: Sequence[SampleFeatures]
) -> bool:
    inside = [s for p, s in narrow if OVEN_HZ[0] <= p.frequency_hz <= OVEN_HZ[1]]
    if len(inside) < max(OVEN_BURSTS, len(narrow) / 2):
        return False
    bursts_s = np.array([s.t_ns for s in inside]) * 1e-9
    channels = {s.center_hz for s in inside}
    every_s = np.array([s.t_ns for s in band if s.center_hz in channels]) * 1e-9
    return any(
        _rhythm(bursts_s, hz) >= OVEN_RHYTHM and _rhythm(every_s, hz) <= WATCH_RHYTHM for hz in OVEN_MAINS_HZ
    )


def _rhythm(times_s: np.ndarray, hz: float) -> float:
    return float(np.abs(np.mean(np.exp(2j * np.pi * hz * times_s))))


def _traffic(
    kind: TrafficKind,
    hits: Sequence[SampleFeatures],
    band: Sequence[SampleFeatures],
    places: Sequence[tuple[float, float]],
) -> SpectralTraffic:
    channels = {s.center_hz for s in hits}
    heard = sum(s.center_hz in channels for s in band)
    return SpectralTraffic(
        kind=kind,
        low_hz=min(low for low, _ in places),
        high_hz=max(high for _, high in places),
        snr_db=float(np.median([s.level_dbm - s.noise_dbm for s in hits])),
        duty=len(hits) / heard,
        hits=len(hits),
        first_ns=hits[0].t_ns,
        last_ns=hits[-1].t_ns,
    )

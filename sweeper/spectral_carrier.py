"""Finds steady carriers among the FFTs of a Wi-Fi chip: analog video senders at 2.4 and 5.8 GHz.

A video sender is on all the time and stays in its channel: every FFT that covers it shows a narrow peak
there, moved by the picture within some MHz. What else is at these frequencies does not do that:

=====================  ====================================================================================
Wi-Fi                  fills 16 MHz and more, and pauses
Bluetooth, FHSS        narrow, but elsewhere after 0.6 to 10 ms
microwave oven         narrow and strong, but off for half of each mains period, and drifts
cordless phone, DECT   one time slot or some of a frame of 10 ms: mostly silent
lines of the receiver  weaker by tens of dB; or they move with the channel it is tuned to
=====================  ====================================================================================

So a carrier is believed where (nearly) every FFT in which it could be seen shows it, over more than half a
mains period. An FFT in which something wide and as strong hides the place says neither yes nor no. A peak
that other channels cover and do not show was made in the receiver.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from sweeper.spectral_peaks import RAISED_DBM, SampleFeatures, SpectralPeak, half_peak_hz

LEAST_SHARE = 0.75  # of the power around it: the peak is 5 dB over all the rest
# 10 mW in the same room arrive with -40 dBm, from 30 m and through a wall with -75; below that, lines of the
# computer itself are seen that stay in their place as a sender does. What moves as a picture moves it is none
# of them, and is believed as soon as its peak stands clear of the noise.
LEAST_DBM, LEAST_SNR_DB = -75.0, 25.0
MOVING_HZ, LEAST_MOVING_SNR_DB = 0.7e6, 15.0
WANDER_HZ = 4.0e6  # on each side: the deviation of FM video
EDGE_PEAKS = 1.8  # half peaks: nearer to the end of the span, a piece of a wide neighbour looks narrow
ONE_SENDER_HZ = 8.0e6  # nearer to a carrier there is no other one: their pictures would destroy each other
LEAST_HITS, LEAST_OPEN = 4, 0.15  # FFTs that show it; their share of all that cover it, hidden ones as well
LEAST_DUTY = 0.85
# An oven is off after half a period of 50 Hz, a hopping phone, the longest burst at 5.8 GHz, after 5 ms:
# a shorter watch, or one not twice as long with gaps in the carrier, says nothing. Separate visits count too:
# an oven is on in all of so many with 2 %.
LEAST_SPAN_24_NS, LEAST_SPAN_5_NS = 10_400_000, 6_000_000
DUTY_OF_SHORT = 0.95
VISITS_24, VISITS_5, OVEN_BELOW_HZ = 6, 2, 3e9
STILL_HZ, HITS_OF_VISITS = 1.0e6, 8
SAME_VISIT_NS = 30_000_000  # FFTs that follow each other this closely were taken in one go
HIDING_DB, FAINTER_DB = 3.0, 10.0  # something this little weaker hides it; its own level varies by as much
MOST_CARRIERS = 8
OCCUPIED_WIDE_HZ = 5.0e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """A steady carrier.

    ``share`` is that of the power around it; ``visits`` are looks with pauses between.
    """

    center_hz: float
    low_hz: float
    high_hz: float
    level_dbm: float
    noise_dbm: float
    share: float
    hits: int
    seen: int  # FFTs in which it could be seen
    visits: int
    channels_hz: tuple[float, ...]  # centres of the FFTs that show it
    first_ns: int
    last_ns: int
    width_hz: float  # of what it fills in the course of time: its movement and one peak
    span_hz: float  # of the widest FFT that shows it
    span_ns: int  # time in which it was watched without a gap, all visits together

    @property
    def duty(self) -> float:
        """Its share of the FFTs that could show it, 0…1."""
        return self.hits / self.seen

    @property
    def wander_hz(self) -> float:
        """Range of the peak's movement, Hz."""
        return self.high_hz - self.low_hz

    @property
    def raises_floor(self) -> bool:
        """The chip has taken it for noise: its floor is far above any receiver's."""
        return self.noise_dbm >= RAISED_DBM


def find_carriers(samples: Sequence[SampleFeatures]) -> tuple[Carrier, ...]:
    """Return the steady carriers in some FFTs, the strongest first.

    Parameters
    ----------
    samples : sequence of SampleFeatures
        FFTs in order of time, of any channels and widths.

    Returns
    -------
    tuple of Carrier
        At most `MOST_CARRIERS`.

    Notes
    -----
    Candidates are the places, 8 MHz wide, in which most narrow peaks lie. Each is then held against every
    FFT that covers it: hit, hidden, or contradicted.
    """
    left = [
        (peak, sample)
        for sample in samples
        for peak in sample.peaks
        if peak.share >= LEAST_SHARE and _is_loud(peak.level_dbm, sample.noise_dbm, moving=True)
    ]
    found: list[Carrier] = []
    for _ in range(MOST_CARRIERS):
        if len(left) < LEAST_HITS:
            break
        center_hz = _densest(left)
        near = [(p, s) for p, s in left if abs(p.frequency_hz - center_hz) <= WANDER_HZ]
        left = [(p, s) for p, s in left if abs(p.frequency_hz - center_hz) > WANDER_HZ]
        carrier = _judged(near, samples)
        if carrier is not None:
            found.append(carrier)
            left = [(p, s) for p, s in left if abs(p.frequency_hz - carrier.center_hz) > ONE_SENDER_HZ]
    return tuple(sorted(found, key=lambda c: -c.level_dbm))


def _is_loud(level_dbm: float, noise_dbm: float, *, moving: bool) -> bool:
    """Whether a peak is stronger than a computer's lines, or than noise if it moves as none of them does."""
    snr_db = level_dbm - noise_dbm
    return level_dbm >= LEAST_DBM or snr_db >= (LEAST_MOVING_SNR_DB if moving else LEAST_SNR_DB)


def _densest(peaks: Sequence[tuple[SpectralPeak, SampleFeatures]]) -> float:
    """Return the middle of the 8 MHz in which most peaks lie, Hz."""
    places = np.sort([peak.frequency_hz for peak, _ in peaks])
    counts = np.searchsorted(places, places + 2 * WANDER_HZ, side="right") - np.arange(len(places))
    first = int(np.argmax(counts))
    return float(np.median(places[first : first + counts[first]]))


def _judged(
    near: Sequence[tuple[SpectralPeak, SampleFeatures]], samples: Sequence[SampleFeatures]
) -> Carrier | None:
    """Hold a candidate against every FFT that covers its place."""
    center_hz = float(np.median([peak.frequency_hz for peak, _ in near]))
    hit_ids = {id(sample): peak for peak, sample in near}
    level_dbm = _level(near)
    covering = [s for s in samples if _covers(s, center_hz, EDGE_PEAKS * half_peak_hz(s.step_hz))]
    hits = [s for s in covering if id(s) in hit_ids]
    if len(hits) < max(LEAST_HITS, LEAST_OPEN * len(covering)):
        return None
    seen = sum(id(s) in hit_ids or not _hides(s, center_hz, level_dbm) for s in covering)
    whole = [s for s in hits if _covers(s, center_hz, WANDER_HZ)]  # nothing of it is cut off
    places = [hit_ids[id(s)].frequency_hz for s in (whole if len(whole) >= LEAST_HITS else hits)]
    low_hz, high_hz = np.percentile(places, (5, 95))
    carrier = Carrier(
        center_hz=float(np.mean(places)),  # video is coupled without its mean
        low_hz=float(low_hz),
        high_hz=float(high_hz),
        level_dbm=level_dbm,
        noise_dbm=float(np.median([s.noise_dbm for s in hits])),
        share=float(np.median([hit_ids[id(s)].share for s in hits])),
        hits=len(hits),
        seen=seen,
        visits=1 + sum(b.t_ns - a.t_ns > SAME_VISIT_NS for a, b in pairwise(hits)),
        channels_hz=tuple(sorted({s.center_hz for s in hits})),
        first_ns=hits[0].t_ns,
        last_ns=hits[-1].t_ns,
        width_hz=float(high_hz - low_hz) + float(np.median([s.occupied_hz for s in hits])),
        span_hz=max(s.high_hz - s.low_hz for s in hits),
        span_ns=_watched_ns(hits),
    )
    loud = _is_loud(level_dbm, carrier.noise_dbm, moving=carrier.wander_hz >= MOVING_HZ)
    return carrier if loud and is_steady(carrier) else None


def is_steady(carrier: Carrier) -> bool:
    """Say whether it was there long enough, or often enough, for something that is always on.

    Parameters
    ----------
    carrier : Carrier
        How often it was seen of how many times, and for how long.

    Returns
    -------
    bool
    """
    ovens = carrier.center_hz < OVEN_BELOW_HZ
    least_ns = LEAST_SPAN_24_NS if ovens else LEAST_SPAN_5_NS
    if carrier.span_ns >= 2 * least_ns:
        return carrier.duty >= LEAST_DUTY
    if carrier.span_ns >= least_ns:
        return carrier.duty >= DUTY_OF_SHORT
    needed = VISITS_24 if ovens else VISITS_5
    still = carrier.wander_hz <= STILL_HZ and carrier.hits >= HITS_OF_VISITS
    return still and carrier.duty >= 1.0 and carrier.visits >= needed


def _covers(sample: SampleFeatures, center_hz: float, edge_hz: float) -> bool:
    return sample.low_hz + edge_hz <= center_hz <= sample.high_hz - edge_hz


def _level(near: Sequence[tuple[SpectralPeak, SampleFeatures]]) -> float:
    """Level on the channel that hears it best, dBm."""
    by_channel: defaultdict[float, list[float]] = defaultdict(list)
    for peak, sample in near:
        by_channel[sample.center_hz].append(peak.level_dbm)
    return max(float(np.median(levels)) for levels in by_channel.values())


def _hides(sample: SampleFeatures, center_hz: float, level_dbm: float) -> bool:
    """Whether something wide and about as strong lies over the place, or the carrier shows beside another."""
    wide = sample.occupied_hz >= OCCUPIED_WIDE_HZ and sample.level_dbm >= level_dbm - HIDING_DB
    reach_hz = WANDER_HZ - half_peak_hz(sample.step_hz)
    return wide or sample.level_near(center_hz, reach_hz=reach_hz) >= level_dbm - FAINTER_DB


def _watched_ns(hits: Sequence[SampleFeatures]) -> int:
    """Time from the first to the last FFT of each visit, added up; between visits nobody looked."""
    times = np.array([s.t_ns for s in hits])
    gaps = np.diff(times)
    same = (gaps <= SAME_VISIT_NS) & np.array([a.center_hz == b.center_hz for a, b in pairwise(hits)], bool)
    return int(gaps[same].sum())

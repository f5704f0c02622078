"""Keeps the carriers and the traffic that a spectral scan has shown, and hands them out as emissions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sweeper.bands import load_bands
from sweeper.identify import CAMERA_SCORES
from sweeper.model import Emission, EmissionKind
from sweeper.spectral_carrier import MOVING_HZ, Carrier
from sweeper.spectral_images import received
from sweeper.spectral_peaks import NOMINAL_NOISE_DBM, SampleFeatures
from sweeper.spectral_traffic import SpectralTraffic, TrafficKind

MOST_TRACKS = 32
SAME_HZ = 6.0e6  # a carrier found again: its middle moves with the picture
ON_CHANNEL_HZ = 2.0e6
# Log-odds of 1.7 to 2.9. Chosen low: only few chips were ever recorded with a camera near them. The first
# alone is a reason to look (CHECK); nearness to a channel says little at 5.8 GHz, where channels are dense.
STEADY_SCORE, ON_CHANNEL_SCORE, MOVING_SCORE = 0.85, 0.90, 0.95
SERVICES: dict[TrafficKind, str] = {
    "wifi": "Wi-Fi",
    "hopping": "Bluetooth or other hopping",
    "oven": "Microwave oven",
}


@dataclass(slots=True)
class _Kept:
    """A carrier with what it is called; the best of what was seen of it."""

    number: int
    carrier: Carrier
    first_ns: int
    hits: int


class SpectralTracks:
    """Carriers by number, and the traffic of now."""

    def __init__(self) -> None:
        self._kept: list[_Kept] = []
        self._traffic: dict[tuple[TrafficKind, bool], SpectralTraffic] = {}
        self._number = 0

    def update(
        self,
        carriers: Sequence[Carrier],
        traffic: Sequence[SpectralTraffic],
        window: Sequence[SampleFeatures],
    ) -> tuple[Emission, ...]:
        """Take what a window of FFTs shows; return the emissions that changed.

        A carrier that a later window, with more of its neighbours, shows to be the chip's own is taken back.
        """
        touched = [self._put(c) for c in carriers]
        honest = received([k.carrier for k in self._kept])
        shown = {id(c) for c in honest}
        self._kept = [
            k for k in self._kept if id(k.carrier) in shown and not _contradicted(k, touched, window)
        ]
        for entry in traffic:
            self._traffic[entry.kind, entry.low_hz > 3e9] = entry
        # What looked like bursts before its carrier was known.
        places = [k.carrier.center_hz for k in self._kept]
        self._traffic = {
            key: entry
            for key, entry in self._traffic.items()
            if entry.kind == "wifi" or not any(_near(entry, hz) for hz in places)
        }
        live = [k for k in touched if k in self._kept]
        return tuple(_emission(k) for k in live) + tuple(map(_of_traffic, traffic))

    def _put(self, carrier: Carrier) -> _Kept:
        for kept in self._kept:
            if abs(kept.carrier.center_hz - carrier.center_hz) <= SAME_HZ:
                better = carrier.hits >= kept.carrier.hits or carrier.level_dbm > kept.carrier.level_dbm + 6
                kept.carrier = carrier if better else kept.carrier
                kept.hits = max(kept.hits, carrier.hits)
                return kept
        self._number += 1
        fresh = _Kept(number=self._number, carrier=carrier, first_ns=carrier.first_ns, hits=carrier.hits)
        self._kept.append(fresh)
        if len(self._kept) > MOST_TRACKS:
            self._kept.remove(min(self._kept, key=lambda k: k.carrier.level_dbm))
        return fresh

    def emissions(self) -> tuple[Emission, ...]:
        """Return everything known, carriers first."""
        ordered = sorted(self._kept, key=lambda k: k.number)
        return tuple(map(_emission, ordered)) + tuple(map(_of_traffic, self._traffic.values()))


def _near(traffic: SpectralTraffic, center_hz: float) -> bool:
    return traffic.low_hz - SAME_HZ <= center_hz <= traffic.high_hz + SAME_HZ


def _contradicted(kept: _Kept, touched: Sequence[_Kept], window: Sequence[SampleFeatures]) -> bool:
    """Whether the window that showed it first, with more channels in it now, does not show it any more."""
    same = any(k is kept for k in touched)
    return not same and kept.carrier.first_ns >= window[0].t_ns


def _emission(kept: _Kept) -> Emission:
    carrier = kept.carrier
    off_hz, label = load_bands().high_channel_near(carrier.center_hz)
    on_channel = off_hz <= ON_CHANNEL_HZ
    moving = carrier.wander_hz >= MOVING_HZ
    score = MOVING_SCORE if moving else ON_CHANNEL_SCORE if on_channel else STEADY_SCORE
    floor_dbm = NOMINAL_NOISE_DBM if carrier.raises_floor else carrier.noise_dbm
    return Emission(
        id=f"rf-s{kept.number:03d}",
        center_hz=carrier.center_hz,
        bandwidth_hz=carrier.width_hz,
        snr_db=carrier.level_dbm - floor_dbm,
        kind="steady-carrier",
        scores={"camera": score},
        first_ns=kept.first_ns,
        last_ns=carrier.last_ns,
        hits=kept.hits,
        channel=label if on_channel else None,
        measures={
            "duty": carrier.duty,
            "level_dbm": carrier.level_dbm,
            "noise_dbm": carrier.noise_dbm,
            "floor_raised": float(carrier.raises_floor),
            "wander_hz": carrier.wander_hz,
            "peak_share": carrier.share,
            "looks": float(carrier.seen),
            "watched_s": carrier.span_ns * 1e-9,
            "off_channel_hz": off_hz,
        },
    )


def _of_traffic(traffic: SpectralTraffic) -> Emission:
    service = SERVICES.get(traffic.kind)
    kind: EmissionKind = "unknown" if service is None else "known-service"
    band = 5 if traffic.low_hz > 3e9 else 2
    return Emission(
        id=f"rf-{traffic.kind}{band}",
        center_hz=(traffic.low_hz + traffic.high_hz) / 2,
        bandwidth_hz=traffic.high_hz - traffic.low_hz,
        snr_db=traffic.snr_db,
        kind=kind,
        scores={"camera": CAMERA_SCORES[kind]},
        first_ns=traffic.first_ns,
        last_ns=traffic.last_ns,
        hits=traffic.hits,
        service=service,
        measures={"duty": traffic.duty},
    )

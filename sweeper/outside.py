"""Tells whether the receiver hears the outside: a sweep over hundreds of MHz always hears somebody.

Broadcast, cellular networks and other services fill the bands that every plan crosses. A receiver without
antenna, or with a driver that does not know its tuner, hears its own noise, chance lines (one look in some
thousands) and lines of its own, all of them a few kHz wide.
"""

from __future__ import annotations

from collections.abc import Iterable

from sweeper.track import EmissionTrack

WIDE_SWEEP_HZ, MANY_HOPS = 100e6, 24  # from here on a sweep that hears nothing is deaf
OUTSIDE_HZ = 10e3  # wider than a chance line and than what oscillators make
OUTSIDE_SNR_DB = 3.0
HINT = (
    "It heard nothing of the outside, not even broadcast or cellular networks: check the antenna and its "
    "plug; an RTL-SDR Blog V4 needs that maker's own librtlsdr, older ones leave it deaf."
)


def is_wide_sweep(heard_hz: Iterable[float]) -> bool:
    """Say whether so many places, so far apart, were heard that somebody must be sending in them.

    Parameters
    ----------
    heard_hz : iterable of float
        Centres of the hops that were heard, in Hz.

    Returns
    -------
    bool
    """
    centres = sorted(heard_hz)
    return len(centres) >= MANY_HOPS and centres[-1] - centres[0] >= WIDE_SWEEP_HZ


def hears_outside(tracks: Iterable[EmissionTrack]) -> bool:
    """Say whether one of the transmissions is none of the receiver's own and none of chance."""
    return any(
        t.kind != "self-noise" and t.bandwidth_hz >= OUTSIDE_HZ and t.snr_db >= OUTSIDE_SNR_DB for t in tracks
    )

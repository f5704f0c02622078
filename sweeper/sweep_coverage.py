"""Computes how much of the camera bands a sweep has heard, in parts, and why it is not all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hw.types import Coverage
from sweeper.bands import HIGH_PARTS, Bands
from sweeper.config import Region
from sweeper.plan import heard_high, heard_share

ANALOG_WEIGHT, COFDM_WEIGHT = 0.6, 0.4  # of the headline share: bands that any receiver reaches


def heard_shares(clean: Iterable[float], *, bands: Bands, region: Region, rate_hz: float) -> dict[str, float]:
    """Return the share of every part of the coverage that was heard cleanly.

    Parameters
    ----------
    clean : iterable of float
        Centres that were heard without overload, Hz.
    bands : Bands
        The camera bands, and the bands of handsets.
    region : Region
        Whose handset bands count.
    rate_hz : float
        Sample rate, Hz: a wide slice hears more of a band.

    Returns
    -------
    dict of str to float
        0…1, by part.
    """
    centres = tuple(clean)
    up = [s for s in bands.service if s.uplink and region in s.regions]
    heard = sum(any(s.low_hz <= hz <= s.high_hz for hz in centres) for s in up)
    return {
        "analog_low": heard_share(centres, bands=bands, modulation="analog", rate_hz=rate_hz),
        "cofdm": heard_share(centres, bands=bands, modulation="cofdm", rate_hz=rate_hz),
        "cellular": heard / max(len(up), 1),
        **{part: heard_high(centres, bands=bands, part=part) for part in HIGH_PARTS},
    }


def sweep_coverage(
    shares: Mapping[str, float], *, states: Mapping[str, bool], reaches_high: bool
) -> Coverage:
    """Return the coverage of a sweep.

    Parameters
    ----------
    shares : mapping of str to float
        The share heard of each part, 0…1.
    states : mapping of str to bool
        Which reasons hold; ``rf_deaf`` leaves nothing of any share.
    reaches_high : bool
        The plan goes above 2 GHz. Parts above it are told only then, or where something of them was heard.

    Returns
    -------
    Coverage
    """
    high = reaches_high or any(shares[part] for part in HIGH_PARTS)
    deaf = states["rf_deaf"]
    parts = {name: 0.0 if deaf else share for name, share in shares.items() if high or name not in HIGH_PARTS}
    missing = min(shares["analog_low"], shares["cofdm"]) < 1.0
    reasons = ("rf_not_all_bands",) * missing + tuple(name for name, holds in states.items() if holds)
    share = ANALOG_WEIGHT * parts["analog_low"] + COFDM_WEIGHT * parts["cofdm"]
    return Coverage(sensor="rf", share=share, parts=parts, reasons=reasons)

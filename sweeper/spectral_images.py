"""Tells carriers that the chip makes itself from those that arrive at its antenna.

* **Folds.** The filter before the FFT is not perfect: a strong sender beyond the span folds back by the rate
  of the converter, 22 MHz and its multiples, weaker than it is.
* **Own lines.** A line of the chip's own oscillators stays at its place in the FFT and so moves with the
  channel. On neighbouring channels that overlap this shows at once, as the place it left stays empty; where
  channels lie apart, the same offset and level on three of them tells it.
"""

from __future__ import annotations

from collections.abc import Sequence

from sweeper.spectral_carrier import Carrier

FOLD_HZ = 22.0e6  # the rate of 20 MHz, of which the wider ones are multiples
# Weaker by at least the first, as recordings of a real sender show it; the second leaves no doubt, and what
# is seen of so deep a fold are the ends of its movement.
FOLD_DB, DEEP_FOLD_DB = 15.0, 30.0
FOLD_NEAR_HZ, DEEP_FOLD_NEAR_HZ = 2.0e6, 4.0e6
SAME_OFFSET_HZ, SAME_LEVEL_DB, LEAST_CHANNELS = 0.5e6, 6.0, 3


def received(carriers: Sequence[Carrier]) -> tuple[Carrier, ...]:
    """Return the carriers that were received, without those that the chip made.

    Parameters
    ----------
    carriers : sequence of Carrier
        Steady carriers.

    Returns
    -------
    tuple of Carrier
        In the same order.
    """
    return tuple(
        c for c in carriers if not any(_is_fold(c, other) for other in carriers) and not _is_own(c, carriers)
    )


def _is_fold(one: Carrier, stronger: Carrier) -> bool:
    """Whether a carrier is the image of a stronger one that lies beyond the span."""
    weaker_db = stronger.level_dbm - one.level_dbm
    if weaker_db < FOLD_DB:
        return False
    near_hz = DEEP_FOLD_NEAR_HZ if weaker_db >= DEEP_FOLD_DB else FOLD_NEAR_HZ
    apart = abs(one.center_hz - stronger.center_hz)
    return any(abs(apart - round(apart / w) * w) <= near_hz for w in (FOLD_HZ, one.span_hz))


def _is_own(one: Carrier, carriers: Sequence[Carrier]) -> bool:
    """Whether several channels show a line at the same offset and level, each one of its own."""
    if len(one.channels_hz) != 1:
        return False
    alike = [
        c
        for c in carriers
        if len(c.channels_hz) == 1
        and abs(_offset(c) - _offset(one)) <= SAME_OFFSET_HZ
        and abs(c.level_dbm - one.level_dbm) <= SAME_LEVEL_DB
    ]
    return len(alike) >= LEAST_CHANNELS


def _offset(carrier: Carrier) -> float:
    return carrier.center_hz - carrier.channels_hz[0]

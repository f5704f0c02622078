"""Computes the reach of an adapter: cameras on a band or of a generation that it lacks are never heard.

The shares are in ``data/adapter_reach.toml``. What is not known (a capture from elsewhere) costs nothing:
links that turn out to be unreadable are counted as they come, in `wifiscan.flows`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from hw.types import WIFI_BANDS_MHZ


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Shares (0…1) of Wi-Fi cameras: whose names can be heard, and whose video can be decoded."""

    tuned: float
    decoded: float

    @property
    def reasons(self) -> tuple[str, ...]:
        """Return the reasons for a limited reach, as keys of sentences."""
        missing = ("wifi_band_missing",) if self.tuned < 1.0 else ()
        return missing + (("wifi_older_adapter",) if self.decoded < self.tuned else ())


EVERYTHING = Reach(tuned=1.0, decoded=1.0)


def reach_of(channels_mhz: Sequence[int], generations: Mapping[str, int]) -> Reach:
    """Return the reach of an adapter.

    Parameters
    ----------
    channels_mhz : sequence of int
        What it can tune; empty where nothing can tune it, which says nothing.
    generations : mapping
        Band to the newest generation it decodes; a band that is absent is taken to be decoded fully.
    """
    if not channels_mhz:
        return EVERYTHING
    bands, ages = _table()
    tuned = {b: share for b, share in bands.items() if any(_inside(mhz, b) for mhz in channels_mhz)}
    lost = sum(share for b, share in bands.items() if b not in tuned)
    undecoded = sum(
        tuned[b] * share
        for b in tuned
        for generation, share in ages[b].items()
        if generation > generations.get(b, generation)
    )
    return Reach(tuned=1.0 - lost, decoded=max(0.0, 1.0 - lost - undecoded))


def _inside(mhz: int, band: str) -> bool:
    low, high = WIFI_BANDS_MHZ[band]
    return low <= mhz <= high


@lru_cache(maxsize=1)
def _table() -> tuple[dict[str, float], dict[str, dict[int, float]]]:
    raw = tomllib.loads((files("wifiscan") / "data" / "adapter_reach.toml").read_text(encoding="utf-8"))
    ages = {band: {int(g): float(s) for g, s in row.items()} for band, row in raw["generations"].items()}
    return {band: float(share) for band, share in raw["bands"].items()}, ages

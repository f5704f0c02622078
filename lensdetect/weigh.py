"""How much the numbers of one track speak for a lens, as one calibrated sum.

``data/score.toml`` holds the weights, how they came about and what they reach
(``python -m tests.benchmarks.lens_train --write`` makes it again). Every number enters once, in the direction
that physics gives it, so that a stronger sign of a mirror never makes a lens more likely.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from lensdetect.errors import BadModel

NAMES = ("ln_side", "ln_strength", "ln_side_x_ln_strength", "fading", "sparkle", "ln_area", "off", "gathers")
SIDE_RANGE = (0.03, 1.5)  # below, the side light gives nothing; above, it is a facet
GATHERS_FROM_PX = (50.0, 150.0)  # pixels of lit wall: the strongest plain bead, and thrice as much
PARTLY_FROM, MIRROR_FROM = (0.1, 0.2), (0.4, 0.6)  # side/ring ratios between which it counts
STRENGTH_RANGE_PX = (2.0, 1000.0)
BALL_FALLOFF = (
    -0.9
)  # how ln strength falls with sin² of the angle of view for what returns light from everywhere
FADING_RANGE = (
    1.2,
    3.0,
)  # a lens of a very wide view fades little, too: below this nothing is held against it
SPARKLE_MOST, OFF_MOST, AREA_MOST_PX = 2.0, 0.6, 1000.0
RED_EVEN = 1.5  # from here on red returns more than infrared: only a filter that absorbs infrared does that
RED_MOST_NATS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """Weights of the standardised numbers, in nats."""

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    weights: NDArray[np.float64]
    intercept: float

    def nats(self, vectors: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return nats for a lens of vectors, shape (n, len(NAMES)) or (len(NAMES),)."""
        return np.asarray((vectors - self.mean) / self.scale @ self.weights + self.intercept)


def vector_of(f: Mapping[str, float]) -> NDArray[np.float64]:
    """Return the transformed numbers of one track, in the order of `NAMES`; the unknown speaks against."""
    side = math.log(_within(f.get("side_ratio", 1.0), *SIDE_RANGE))
    strength = math.log(_within(f.get("strength_px", 0.0), *STRENGTH_RANGE_PX))
    fading = abs(f.get("falloff", BALL_FALLOFF) - BALL_FALLOFF)
    return np.array(
        [
            side,
            strength,
            side * strength,
            _within(fading, *FADING_RANGE) if math.isfinite(fading) else FADING_RANGE[0],
            _within(f.get("sparkle", 0.0), 0.0, SPARKLE_MOST),
            math.log(_within(f.get("area_px", AREA_MOST_PX), 1.0, AREA_MOST_PX)),
            _within(f.get("off_ratio", 0.0), 0.0, OFF_MOST),
            gathers(side, strength),
        ]
    )


def gathers(ln_side: float, ln_strength: float) -> float:
    """Return 0…1: it answers the side light in part, and gathers more light than a ball of glass can.

    Notes
    -----
    A Gaussian return cone θ at distance d gives side/ring = exp(−b²/(dθ)²) for lights b apart, and a strength
    in proportion to Aρ/(dθ)². From afar a lens of a wide cone answers the side light as a ball of glass does,
    but an uncoated ball gathers less than a lens; mirrors answer it in full.
    """
    strong = _ramp(ln_strength, *GATHERS_FROM_PX)
    return strong * _ramp(ln_side, *PARTLY_FROM) * (1 - _ramp(ln_side, *MIRROR_FROM))


def _ramp(ln_value: float, low: float, high: float) -> float:
    return _within((ln_value - math.log(low)) / math.log(high / low), 0.0, 1.0)


def _within(value: float, low: float, high: float) -> float:
    return high if math.isnan(value) else min(max(value, low), high)


def red_nats(red_ratio: float) -> float:
    """Return nats for how much more comes back in red than in infrared; 0 where there was no red light."""
    if math.isnan(red_ratio) or red_ratio <= RED_EVEN:
        return 0.0
    return min(math.log(red_ratio / RED_EVEN), RED_MOST_NATS)


@lru_cache(maxsize=1)
def load_model() -> Model:
    """Load the weights that come with ansim."""
    raw = tomllib.loads((files("lensdetect") / "data" / "score.toml").read_text(encoding="utf-8"))
    try:
        if tuple(raw["features"]) != NAMES:
            raise ValueError("features differ from those of the code")
        return Model(
            mean=np.array(raw["mean"], float),
            scale=np.array(raw["scale"], float),
            weights=np.array(raw["weights"], float),
            intercept=float(raw["intercept"]),
        )
    except (KeyError, ValueError) as error:
        raise BadModel(f"score.toml cannot be used: {error}", hint="Run lens_train again.") from error

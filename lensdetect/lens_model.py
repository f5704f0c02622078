"""Scores how much the features of one track speak for a lens, as one calibrated sum.

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

NAMES = ("ln_side", "wide", "ln_wall_mm2", "fading", "sparkle", "off")
SIDE_RANGE = (0.02, 0.9)  # below, the side light gives nothing that can be measured; above, it is a facet
MEASURED_SIDE = (0.02, 0.05)  # from nothing measurable to an answer that is one
WIDEST_LENS_MRAD = 45.0
WIDE_RANGE = (-1.0, 0.7)  # of ln cone over that of the widest lens
WALL_RANGE_MM2 = (1.0, 1e5)
USUAL_LN_SIDE, USUAL_LN_WALL, USUAL_FADING = -2.8, 5.4, 2.2  # as tracks are on the average
MIRROR_SIDE = 0.5  # from here on even a clipped spot answers the side light too well
HIDDEN_AREA_PX = (28.0, 50.0)  # a clipped spot this large hides how bright it is
BESIDE_RANGE_MRAD = (5.0, 500.0)
USUAL_MRAD = 70.0  # between lens and side light, at the usual distance
BALL_FALLOFF = (
    -0.9
)  # how ln strength falls with sin² of the angle of view for what returns light from everywhere
FADING_RANGE = (
    1.2,
    3.0,
)  # a lens of a very wide view fades little, too: below this nothing is held against it
SPARKLE_MOST, OFF_MOST = 2.0, 0.6
RED_EVEN = 1.5  # from here on red returns more than infrared: only a filter that absorbs infrared does that
RED_MOST_NATS = 2.0
EVEN_CONE_MRAD = 51.0  # between the widest lens and the narrowest ball of glass
SIDE2_NATS, SIDE2_MOST_NATS = 12.0, 4.0  # nats for each factor e that the cone is narrower, and at most
FRONT_MOST = 0.2  # of its answer that glass mirrors to every light from its front
RATIO_KNOWN = 0.01  # how well the answers are known
CONES_MRAD = np.geomspace(8.0, 200.0, 81)


@dataclass(frozen=True, slots=True, kw_only=True)
class LensModel:
    """Weights of the standardised numbers, in nats."""

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    weights: NDArray[np.float64]
    intercept: float

    def nats(self, vectors: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return nats for a lens of vectors, shape (n, len(NAMES)) or (len(NAMES),)."""
        return np.asarray((vectors - self.mean) / self.scale @ self.weights + self.intercept)


def vector_of(f: Mapping[str, float]) -> NDArray[np.float64]:
    """Return the transformed numbers of one track, in the order of `NAMES`.

    Parameters
    ----------
    f : mapping of str to float
        From `lensdetect.score.features_of`.

    Returns
    -------
    ndarray, shape (n,)
        Within the bounds of each number.

    Notes
    -----
    What is unknown speaks against a lens, but for a side light that was not there: it says nothing.
    """
    side, hidden = f.get("side_ratio", 1.0), hidden_share(f)
    if math.isnan(side):
        side = math.exp(USUAL_LN_SIDE)
    ln_side = math.log(_within(side, *SIDE_RANGE))
    ln_wall = math.log(_within(f.get("wall_mm2", 0.0), *WALL_RANGE_MM2))
    fading = _within(abs(f.get("falloff", BALL_FALLOFF) - BALL_FALLOFF), *FADING_RANGE)
    if not math.isfinite(f.get("falloff", BALL_FALLOFF)):
        fading = FADING_RANGE[0]
    bound = hidden if side < MIRROR_SIDE else 0.0
    return np.array(
        [
            ln_side + bound * min(0.0, USUAL_LN_SIDE - ln_side),
            wide(side, f.get("beside_mrad", USUAL_MRAD), bound=bound),
            ln_wall + hidden * (USUAL_LN_WALL - ln_wall),
            fading + hidden * max(0.0, USUAL_FADING - fading),
            _within(f.get("sparkle", 0.0), 0.0, SPARKLE_MOST),
            _within(f.get("off_ratio", 0.0), 0.0, OFF_MOST),
        ]
    )


def hidden_share(f: Mapping[str, float]) -> float:
    """Return how far a large clipped spot hides how bright it is.

    Parameters
    ----------
    f : mapping of str to float
        From `lensdetect.score.features_of`.

    Returns
    -------
    float
        0…1.

    Notes
    -----
    What the spot gathers is then unknown, how it fades a lower bound, its answer to the side light an upper
    one. A bound speaks against nothing: it is moved to what is usual.
    """
    saturated = _within(f.get("saturated_share", 0.0), 0.0, 1.0)
    return saturated * _ramp(f.get("area_px", 1.0), *HIDDEN_AREA_PX)


def cone_mrad(side_ratio: float, beside_mrad: float) -> float:
    """Return the half angle of the cone in which light comes back; where none comes aside, at most that.

    Parameters
    ----------
    side_ratio : float
        Answer to the side light over that to the ring.
    beside_mrad : float
        Angle between our lens and the side light at the point, mrad.

    Returns
    -------
    float
        mrad.

    Notes
    -----
    A Gaussian return cone θ gives side/ring = exp(−(β/θ)²) for a side light seen ``β`` beside our lens.
    """
    return _within(beside_mrad, *BESIDE_RANGE_MRAD) / math.sqrt(-math.log(_within(side_ratio, *SIDE_RANGE)))


def wide(side_ratio: float, beside_mrad: float, *, bound: float = 0.0) -> float:
    """Return how much wider the cone is than that of a lens can be.

    Parameters
    ----------
    side_ratio : float
        Answer to the side light over that to the ring.
    beside_mrad : float
        Angle between our lens and the side light at the point, mrad.
    bound : float
        How far the ratio is only an upper bound, 0…1.

    Returns
    -------
    float
        ln units; negative: narrower.

    Notes
    -----
    Balls of glass return over 50 mrad and more. Near the wall the side light stands too far beside for either
    to answer it: a bound that leaves both open is no evidence.
    """
    over = _within(math.log(cone_mrad(side_ratio, beside_mrad) / WIDEST_LENS_MRAD), *WIDE_RANGE)
    return over if over < 0 else over * (1 - bound) * _ramp(side_ratio, *MEASURED_SIDE)


def _ramp(value: float, low: float, high: float) -> float:
    """Return 0…1 between two positive values, evenly in ln."""
    return _within(math.log(_within(value, low, high) / low) / math.log(high / low), 0.0, 1.0)


def _within(value: float, low: float, high: float) -> float:
    return high if math.isnan(value) else min(max(value, low), high)


def red_nats(red_ratio: float) -> float:
    """Return how much a stronger answer in red than in infrared speaks for a lens.

    Parameters
    ----------
    red_ratio : float
        Answer to the red light over that to the infrared ring; NaN where there was no red light.

    Returns
    -------
    float
        Nats, 0 … `RED_MOST_NATS`.

    Notes
    -----
    A filter that keeps infrared out of a camera lets red pass.
    """
    if math.isnan(red_ratio) or red_ratio <= RED_EVEN:
        return 0.0
    return min(math.log(red_ratio / RED_EVEN), RED_MOST_NATS)


def front_and_cone(
    side_ratio: float, beside_mrad: float, *, side2_ratio: float, beside2_mrad: float
) -> tuple[float, float]:
    """Return what the front of a thing mirrors to every light, and how wide the rest comes back.

    Parameters
    ----------
    side_ratio, side2_ratio : float
        Answers to the two side lights over that to the ring.
    beside_mrad, beside2_mrad : float
        Angles at the point between our lens and the two side lights, mrad.

    Returns
    -------
    front : float
        Share of the answer to the ring, 0 … `FRONT_MOST`.
    cone_mrad : float
        Half angle of the return cone: the widest of those that explain both answers about as well.

    Notes
    -----
    ``ratio = front + (1 − front)·exp(−(β/θ)²)`` for both lights. For each cone θ the first light gives the
    front, and the second tells how well both fit.
    """
    beside = [_within(angle, *BESIDE_RANGE_MRAD) for angle in (beside_mrad, beside2_mrad)]
    first, second = (np.exp(-((angle / CONES_MRAD) ** 2)) for angle in beside)
    fronts = np.clip((_within(side_ratio, 0.0, 1.0) - first) / (1 - first), 0.0, FRONT_MOST)
    off = np.abs(fronts + (1 - fronts) * second - _within(side2_ratio, 0.0, 1.0))
    off += np.abs(fronts + (1 - fronts) * first - _within(side_ratio, 0.0, 1.0))
    best = int(np.flatnonzero(off <= off.min() + RATIO_KNOWN)[-1])
    return float(fronts[best]), float(CONES_MRAD[best])


def side2_nats(cone_mrad: float) -> float:
    """Return how much the cone by both side lights speaks for a lens.

    Parameters
    ----------
    cone_mrad : float
        From `front_and_cone`.

    Returns
    -------
    float
        Nats, −`SIDE2_MOST_NATS` … `SIDE2_MOST_NATS`.

    Notes
    -----
    The second side light stands near enough to be answered by lenses and balls of glass alike, in different
    measure, whatever the strength: glass that absorbs infrared dims all that comes through it alike.
    """
    nats = SIDE2_NATS * math.log(EVEN_CONE_MRAD / max(cone_mrad, 1.0))
    return _within(nats, -SIDE2_MOST_NATS, SIDE2_MOST_NATS)


@lru_cache(maxsize=1)
def load_model() -> LensModel:
    """Load the weights that come with ansim."""
    raw = tomllib.loads((files("lensdetect") / "data" / "score.toml").read_text(encoding="utf-8"))
    try:
        if tuple(raw["features"]) != NAMES:
            raise ValueError("features differ from those of the code")
        return LensModel(
            mean=np.array(raw["mean"], float),
            scale=np.array(raw["scale"], float),
            weights=np.array(raw["weights"], float),
            intercept=float(raw["intercept"]),
        )
    except (KeyError, ValueError) as error:
        raise BadModel(f"score.toml cannot be used: {error}", hint="Run lens_train again.") from error

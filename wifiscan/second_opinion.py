"""A second, simpler judge of a stream: whether it is like those of the cameras that were learned from.

The classifier with its products of features separates what it was shown, and says anything at all of what
lies far from that. This one is linear in the features and was shown more kinds of other traffic. It never
calls anything a camera: it only takes back what it finds unlike any. ``data/second_opinion.toml`` holds its
weights (``tests/benchmarks/wifi_second.py`` makes it again).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from wifiscan.errors import BadSignatures

CLIP = 4.0  # standard deviations


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondOpinion:
    """Weights of a linear logistic model; ``floor`` lies below every camera, nats."""

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    weights: NDArray[np.float64]
    intercept: float
    floor: float

    def logit(self, base: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the log likelihood ratio (nats) of base vectors, shape (…, features)."""
        standard = np.clip((base - self.mean) / self.scale, -CLIP, CLIP)
        return np.asarray(standard @ self.weights + self.intercept)

    def allows(self, base: NDArray[np.float64]) -> bool:
        """Tell whether a stream is like those of cameras.

        Parameters
        ----------
        base : ndarray, shape (features,)
            From `wifiscan.classify.base_vector`.

        Returns
        -------
        bool
        """
        return bool(self.logit(base) >= self.floor)


def parse_second_opinion(raw: Mapping[str, list[float] | float]) -> SecondOpinion:
    """Build the model from a parsed file.

    Parameters
    ----------
    raw : mapping
        ``mean``, ``scale`` and ``weights`` (a number a feature), ``intercept`` and ``floor`` (nats).

    Returns
    -------
    SecondOpinion

    Raises
    ------
    ValueError
        The lists differ in length.
    """
    mean, scale, weights = (np.array(raw[name], float) for name in ("mean", "scale", "weights"))
    if not len(mean) == len(scale) == len(weights):
        raise ValueError("mean, scale and weights differ in length")
    intercept, floor = (float(np.asarray(raw[name])) for name in ("intercept", "floor"))
    return SecondOpinion(mean=mean, scale=scale, weights=weights, intercept=intercept, floor=floor)


@lru_cache(maxsize=1)
def load_second_opinion() -> SecondOpinion:
    """Load the weights that come with ansim.

    Raises
    ------
    BadSignatures
        The file cannot be used.
    """
    raw = tomllib.loads((files("wifiscan") / "data" / "second_opinion.toml").read_text(encoding="utf-8"))
    try:
        return parse_second_opinion(raw)
    except (KeyError, ValueError) as error:
        raise BadSignatures(
            f"second_opinion.toml cannot be used: {error}",
            hint="Run python -m tests.benchmarks.wifi_second --write again.",
        ) from error

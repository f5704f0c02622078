"""Scores whether a link carries video from a camera: a calibrated logistic score from its traffic features.

``data/model.toml`` holds the weights, how they came about and what they reach
(``tests/benchmarks/wifi_train.py`` makes it again). The score is the probability of a camera stream if
cameras and other traffic were equally common.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from math import exp, log

import numpy as np
from numpy.typing import NDArray

from wifiscan.errors import BadSignatures
from wifiscan.second_opinion import load_second_opinion

LEAST_ACTIVE_S = 2.5  # a stretch shorter than this is never judged
LOGIT_LIMIT = 6.0  # nats: the training data are simulated and cannot carry more
GUARD_NATS = 1.0  # taken off every score: real traffic is more varied than the simulated confounders
UNLIKE_NATS = -1.0  # most that is said of a stream that the second opinion takes back
LEAST_BPS = 24e3  # no camera streams below this


def base_vector(f: Mapping[str, float]) -> NDArray[np.float64]:
    """Return the transformed features of one link, in the order of `BASE_NAMES`.

    Parameters
    ----------
    f : mapping of str to float
        From `wifiscan.traffic.measure`.

    Returns
    -------
    ndarray, shape (n,)
        Rates, variations and times as logarithms, shares as they are.
    """
    return np.array(
        [
            log(f["uplink_bps"] + 1e3) / log(10) - 6,
            f["up_share"],
            log(f["cv_1s"] + 0.02),
            log(f["cv_5s"] + 0.02),
            f["silent_share"],
            f["large_share"],
            f["small_share"],
            f["modal_share"],
            f["clock"],
            f["frame_rate_hz"] / 10,
            log(f["burst_cv"] + 0.02),
            f["keyframe"],
            log(f["keyframe_s"] + 0.1),
            log(f["active_s"] + 0.5),
            f["length_entropy"],
            f["clock_snr"],
            f["pictures"],
            log(f["key_ratio"]),
        ]
    )


BASE_NAMES = (
    "log_bps", "up_share", "log_cv_1s", "log_cv_5s", "silent_share", "large_share", "small_share",
    "modal_share", "clock", "frame_rate", "log_burst_cv", "keyframe", "log_keyframe_s", "log_active_s",
    "length_entropy", "clock_snr", "pictures", "log_key_ratio",
)  # fmt: skip


def expand(base: NDArray[np.float64]) -> NDArray[np.float64]:
    """Append all squares and products.

    Parameters
    ----------
    base : ndarray, shape (…, n)
        Features.

    Returns
    -------
    ndarray, shape (…, n + n(n+1)/2)
        The features, then their squares and products.
    """
    i, j = np.triu_indices(base.shape[-1])
    return np.concatenate((base, base[..., i] * base[..., j]), axis=-1)


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamingModel:
    """Weights of the logistic regression over standardised, expanded features."""

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    weights: NDArray[np.float64]
    intercept: float

    def logit(self, base: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the log likelihood ratio (nats) of rows of base vectors."""
        standard = np.clip((base - self.mean) / self.scale, -4.0, 4.0)
        return np.asarray(expand(standard) @ self.weights + self.intercept)


def streaming_logit(
    features: Mapping[str, float], model: StreamingModel, *, heard_well: bool = True
) -> float | None:
    """Return the log likelihood ratio that a link carries a camera stream.

    Parameters
    ----------
    features : mapping of str to float
        From `wifiscan.traffic.measure`.
    model : StreamingModel
        Weights of the logistic model.
    heard_well : bool
        False where nearly everything is lost: then the second opinion, which never saw such, is not asked.

    Returns
    -------
    float or None
        Nats, less `GUARD_NATS`, within ± `LOGIT_LIMIT`, and no more than `UNLIKE_NATS` where a second opinion
        finds it unlike any camera; None where too little was heard to say.
    """
    if features["active_s"] < LEAST_ACTIVE_S or features["uplink_bps"] < LEAST_BPS:
        return None
    base = base_vector(features)
    value = float(model.logit(base)) - GUARD_NATS
    if heard_well and not load_second_opinion().allows(base):
        value = min(value, UNLIKE_NATS)
    return max(-LOGIT_LIMIT, min(LOGIT_LIMIT, value))


def sigmoid(logit: float) -> float:
    """Return the probability of a logit.

    Parameters
    ----------
    logit : float
        Log-odds, nats; limited to ±60.

    Returns
    -------
    float
        Probability, 0…1.
    """
    return 1.0 / (1.0 + exp(-max(-60.0, min(60.0, logit))))


@lru_cache(maxsize=1)
def load_model() -> StreamingModel:
    """Load the weights that come with ansim."""
    raw = tomllib.loads((files("wifiscan") / "data" / "model.toml").read_text(encoding="utf-8"))
    try:
        if tuple(raw["features"]) != BASE_NAMES:
            raise ValueError("features differ from those of the code")
        return StreamingModel(
            mean=np.array(raw["mean"], float),
            scale=np.array(raw["scale"], float),
            weights=np.array(raw["weights"], float),
            intercept=float(raw["intercept"]),
        )
    except (KeyError, ValueError) as error:
        raise BadSignatures(f"model.toml cannot be used: {error}", hint="Run wifi_train again.") from error

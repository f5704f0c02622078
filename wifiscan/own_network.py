"""Scores whether a network is a camera's own: it beacons itself, and sends its pictures to whoever joins it.

By its traffic alone such a camera looks like any access point that passes a live film on to one client, as a
phone's hotspot does. What else is seen of a network tells them apart: how many clients it has, how modern
and how talkative its beacons are, and whether the same device is a client of another network. The weights in
``data/own_network.toml`` are learned (``tests/benchmarks/own_network``). The score is a log likelihood ratio,
as if such cameras and other networks whose traffic can be judged were equally common.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from math import log, log1p

import numpy as np
from numpy.typing import NDArray

from wifiscan.elements import Habits
from wifiscan.errors import BadSignatures

LOGIT_LIMIT = 6.0  # nats: as for traffic alone
AC = 5  # Wi-Fi generations from here on are beyond what small cameras are built with
FEATURES = (
    "traffic",
    "steady",
    "clients",
    "secured",
    "modern",
    "makers",
    "country",
    "extended",
    "made_up",
    "upstream",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnNetwork:
    """The knowledge of a network besides its traffic.

    ``clients`` is the number of devices that it exchanges data with; ``upstream`` says that a device of the
    same address block is a client elsewhere; ``habits`` is None where no beacon was read.
    """

    habits: Habits | None
    clients: int
    made_up: bool
    upstream: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnNetworkModel:
    """Weights of a logistic regression over `FEATURES`; a feature that is not known counts as its mean."""

    mean: NDArray[np.float64]
    weights: NDArray[np.float64]
    intercept: float

    def logit(self, vectors: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the log likelihood ratio (nats) of feature vectors, shape (…, features)."""
        known = np.where(np.isnan(vectors), self.mean, vectors)
        return np.asarray((known - self.mean) @ self.weights + self.intercept)


def own_network_vector(traffic_nats: float, network: OwnNetwork) -> NDArray[np.float64]:
    """Return the features of a network.

    Parameters
    ----------
    traffic_nats : float
        How much its traffic speaks for a camera's stream, nats.
    network : OwnNetwork
        What else is known.

    Returns
    -------
    ndarray, shape (features,)
        In the order of `FEATURES`; NaN where no beacon was read.
    """
    habits = network.habits
    if habits is None:
        told = [float("nan")] * 5
    else:
        modern = float(habits.generation >= AC)
        told = [
            float(habits.secured),
            modern,
            log1p(habits.makers),
            float(habits.country),
            float(habits.extended),
        ]
    return np.array(
        [
            traffic_nats,
            max(traffic_nats, 0.0),
            log(max(network.clients, 1)),
            *told,
            float(network.made_up),
            float(network.upstream),
        ]
    )


def own_network_logit(traffic_nats: float, network: OwnNetwork, model: OwnNetworkModel) -> float:
    """Return how much a network's traffic and habits together speak for a camera of its own.

    Parameters
    ----------
    traffic_nats : float
        How much its traffic speaks for a camera's stream, nats.
    network : OwnNetwork
        What else is known.
    model : OwnNetworkModel
        The weights.

    Returns
    -------
    float
        Nats, within ± `LOGIT_LIMIT`. Where the traffic speaks against a stream, never more than it says:
        habits alone make no stream.
    """
    value = float(model.logit(own_network_vector(traffic_nats, network)))
    if traffic_nats <= 0:
        value = min(value, traffic_nats)
    return max(-LOGIT_LIMIT, min(LOGIT_LIMIT, value))


@lru_cache(maxsize=1)
def load_own_network_model() -> OwnNetworkModel:
    """Load the weights that come with ansim.

    Raises
    ------
    BadSignatures
        The file does not fit the code.
    """
    raw = tomllib.loads((files("wifiscan") / "data" / "own_network.toml").read_text(encoding="utf-8"))
    try:
        if tuple(raw["features"]) != FEATURES:
            raise ValueError("features differ from those of the code")
        return parse_own_network_model(raw)
    except (KeyError, ValueError) as error:
        raise BadSignatures(
            f"own_network.toml cannot be used: {error}",
            hint="Run python -m tests.benchmarks.own_network again.",
        ) from error


def parse_own_network_model(raw: Mapping[str, list[float] | float]) -> OwnNetworkModel:
    """Build the weights from a parsed file.

    Parameters
    ----------
    raw : mapping
        ``mean`` and ``weights`` (a number a feature) and ``intercept`` (nats).

    Returns
    -------
    OwnNetworkModel
    """
    return OwnNetworkModel(
        mean=np.array(raw["mean"], float),
        weights=np.array(raw["weights"], float),
        intercept=float(np.asarray(raw["intercept"])),
    )

"""Other ways to come to a number, each given its best chance: fitted on the train and calibration rooms."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from hw.types import SENSOR_NAMES, SensorName
from tests.benchmarks.rooms.metrics import Bools, Floats, expit, log_loss, to_prior
from tests.benchmarks.rooms.rows import Row

RIDGE = 1.0  # of the logistic regressions, on standardised inputs, in rooms
CLIP_NATS = 7.0
INDICATORS: Mapping[SensorName, tuple[str, ...]] = {
    "rf": ("analog-video", "analog-video!", "cofdm", "wideband-local", "cellular-uplink"),
    "wifi": ("streaming", "idle", "idle-far", "identity-A", "identity-B", "identity-C"),
    "ble": ("advert-A", "advert-B", "advert-C"),
    "lens": ("lens", "lens!", "glint", "glimpse"),
}
Rival = Callable[[Sequence[Row]], Floats]


def truths(rows: Sequence[Row]) -> tuple[Bools, Floats]:
    """Return whether there is a camera, and how much each room counts."""
    return np.array([r.truth.kind is not None for r in rows]), np.array([r.truth.weight for r in rows])


def fused(rows: Sequence[Row]) -> Floats:
    """Return what ansim says: the log likelihood ratio of the verdict."""
    return np.array([r.verdict.log_lr for r in rows])


def single(name: SensorName) -> Rival:
    """Return one sense alone, weighed by the same table."""

    def rival(rows: Sequence[Row]) -> Floats:
        return np.array(
            [math.log(sum(k.weight * k.lr.get(name, 1.0) for k in r.verdict.arithmetic)) for r in rows]
        )

    return rival


def indicator_sum(rows: Sequence[Row]) -> Floats:
    """Return how many signs are more likely than not, over all senses: a plain sum."""
    return np.array(
        [
            sum(
                r.senses[n].best[s].raw_nats > 0
                for n in r.senses
                for s in INDICATORS[n]
                if s in r.senses[n].best
            )
            for r in rows
        ],
        float,
    )


def inputs(rows: Sequence[Row]) -> Floats:
    """Return for each sense its best score, whether it has any sign, its coverage, and if it is there."""
    columns = []
    for r in rows:
        values = []
        for name in SENSOR_NAMES:
            sense = r.senses.get(name)
            scores = (
                [] if sense is None else [sense.best[s].raw_nats for s in INDICATORS[name] if s in sense.best]
            )
            best = max(scores, default=-CLIP_NATS)
            values += [
                float(np.clip(best, -CLIP_NATS, CLIP_NATS)),
                float(bool(scores)),
                0.0 if sense is None else sense.share,
                float(sense is not None),
            ]
        columns.append(values)
    return np.array(columns)


def fit_logistic(
    x: Floats, truth: Bools, weight: Floats, *, ridge: float = RIDGE
) -> Callable[[Floats], Floats]:
    """Fit an L2 logistic regression at even odds; the returned function gives log likelihood ratios.

    Parameters
    ----------
    x : ndarray, shape (n, d)
    truth, weight : ndarray, shape (n,)
    ridge : float
        Penalty on the standardised slopes, in units of one room.

    Notes
    -----
    Newton steps; with even odds in training the logit is the log likelihood ratio.
    """
    mean, spread = x.mean(0), np.maximum(x.std(0), 1e-6)
    z = np.column_stack([np.ones(len(x)), (x - mean) / spread])
    w = to_prior(truth, weight, 0.5) * len(x)
    penalty = np.diag([1e-9, *[ridge] * x.shape[1]])
    beta = np.zeros(z.shape[1])
    for _ in range(50):
        p = expit(z @ beta)
        gradient = z.T @ (w * (truth - p)) - penalty @ beta
        curve = (z * (w * p * (1 - p))[:, None]).T @ z + penalty
        step = np.linalg.solve(curve, gradient)
        beta = beta + step
        if float(np.abs(step).max()) < 1e-8:
            break

    def predict(new: Floats) -> Floats:
        return np.asarray(beta[0] + (new - mean) / spread @ beta[1:])

    return predict


def rivals(fit_on: Sequence[Row]) -> dict[str, Rival]:
    """Return every rival, fitted."""
    truth, weight = truths(fit_on)
    by_sum = fit_logistic(indicator_sum(fit_on)[:, None], truth, weight)
    by_all = fit_logistic(inputs(fit_on), truth, weight)
    named: dict[str, Rival] = {f"{name} alone": single(name) for name in SENSOR_NAMES}
    named["sum of indicators"] = lambda rows: by_sum(indicator_sum(rows)[:, None])
    named["logistic fusion"] = lambda rows: by_all(inputs(rows))
    return named


def best_single(rows: Sequence[Row]) -> SensorName:
    """Return the sense whose own number is best on these rooms: chosen with hindsight, in its favour."""
    truth, weight = truths(rows)
    even = to_prior(truth, weight, 0.5)
    return min(SENSOR_NAMES, key=lambda n: log_loss(expit(single(n)(rows)), truth, even))

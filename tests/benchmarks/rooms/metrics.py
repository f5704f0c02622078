"""What a probability is worth: pure functions of probabilities, truths and weights.

All take ``p`` or ``log_lr`` (natural logarithm), ``truth`` (bool) and ``weight`` of the same shape. Weights
count rooms: a rare kind that was drawn more often than it is counts less.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
SURE = 1e-12
BINS = 10


def logit(p: Floats | float) -> Floats:
    """Return ``ln(p / (1 − p))``."""
    q = np.clip(np.asarray(p, float), SURE, 1 - SURE)
    return np.asarray(np.log(q) - np.log1p(-q))


def expit(x: Floats | float) -> Floats:
    """Return ``1 / (1 + e^−x)``."""
    return np.asarray(1 / (1 + np.exp(-np.clip(np.asarray(x, float), -60, 60))))


def posterior(log_lr: Floats, prior: float) -> Floats:
    """Return the probability after the evidence."""
    return expit(log_lr + float(logit(prior)))


def to_prior(truth: Bools, weight: Floats, prior: float) -> Floats:
    """Return weights under which a share ``prior`` of the rooms has a camera; they add up to 1."""
    w = np.asarray(weight, float).copy()
    w[truth] *= prior / w[truth].sum()
    w[~truth] *= (1 - prior) / w[~truth].sum()
    return w


def log_loss(p: Floats, truth: Bools, weight: Floats) -> float:
    """Return the mean of ``−ln`` of the probability given to what is true, in nats."""
    q = np.clip(p, SURE, 1 - SURE)
    return float(np.average(-np.log(np.where(truth, q, 1 - q)), weights=weight))


def brier(p: Floats, truth: Bools, weight: Floats) -> float:
    """Return the mean squared distance from the truth."""
    return float(np.average((p - truth) ** 2, weights=weight))


def cllr(log_lr: Floats, truth: Bools, weight: Floats) -> float:
    """Return the cost of the log likelihood ratios, in bits: 0 is perfect, 1 says nothing (Brümmer 2006)."""
    yes = np.average(np.logaddexp(0, -log_lr[truth]), weights=weight[truth])
    no = np.average(np.logaddexp(0, log_lr[~truth]), weights=weight[~truth])
    return float((yes + no) / 2 / np.log(2))


def monotone(x: Floats, y: Floats, weight: Floats) -> Floats:
    """Return the non-decreasing function of x that is nearest to y in weighted squares, at each x.

    Notes
    -----
    Pool adjacent violators. Equal x share one value.
    """
    values, at = np.unique(x, return_inverse=True)
    w = np.bincount(at, weight)
    mean = np.bincount(at, weight * y) / w
    blocks: list[list[float]] = []  # value, weight, number of distinct x
    for value, mass in zip(mean, w, strict=True):
        blocks.append([float(value), float(mass), 1])
        while len(blocks) > 1 and blocks[-2][0] >= blocks[-1][0]:
            v, m, n = blocks.pop()
            before = blocks[-1]
            before[0] = (before[0] * before[1] + v * m) / (before[1] + m)
            before[1] += m
            before[2] += n
    fitted = np.repeat([b[0] for b in blocks], [int(b[2]) for b in blocks])
    assert len(fitted) == len(values)
    return np.asarray(fitted[at])


def min_cllr(log_lr: Floats, truth: Bools, weight: Floats) -> float:
    """Return the cost after the best monotone recalibration on these very rooms: what order is worth."""
    even = to_prior(truth, weight, 0.5)
    best = np.clip(monotone(log_lr, truth.astype(float), even), SURE, 1 - SURE)
    return cllr(logit(best), truth, weight)


@dataclass(frozen=True, slots=True)
class Bin:
    """One bin of a reliability diagram."""

    claimed: float
    happened: float
    weight: float
    count: int


def reliability(p: Floats, truth: Bools, weight: Floats, *, bins: int = BINS) -> list[Bin]:
    """Return claimed and realised frequency in bins of equal width; empty ones are left out."""
    index = np.minimum((p * bins).astype(int), bins - 1)
    rows = []
    for i in range(bins):
        here = index == i
        if here.any() and weight[here].sum() > 0:
            w = weight[here]
            claimed, happened = np.average(p[here], weights=w), np.average(truth[here], weights=w)
            rows.append(Bin(float(claimed), float(happened), float(w.sum()), int(here.sum())))
    return rows


def ece(p: Floats, truth: Bools, weight: Floats, *, bins: int = BINS) -> float:
    """Return the expected calibration error: the weighted mean of |claimed − happened| over the bins."""
    rows = reliability(p, truth, weight, bins=bins)
    total = sum(b.weight for b in rows)
    return sum(b.weight * abs(b.claimed - b.happened) for b in rows) / total


def ece_floor(
    p: Floats, weight: Floats, *, rng: np.random.Generator, draws: int = 300, bins: int = BINS
) -> float:
    """Return the ECE that a perfectly calibrated model with these very numbers shows on average.

    Notes
    -----
    Truths are drawn from the probabilities themselves, weights stay with their rooms.
    """
    drawn = rng.random((draws, len(p))) < p
    return float(np.mean([ece(p, truth, weight, bins=bins) for truth in drawn]))


def ppv(detected: float, false_alarms: float, prior: float) -> float:
    """Return the share of alarms that are right at a prior."""
    right, wrong = prior * detected, (1 - prior) * false_alarms
    return right / (right + wrong) if right + wrong > 0 else float("nan")


def upper_bound(hits: float, n: float, *, confidence: float = 0.95) -> float:
    """Return the exact upper bound (Clopper-Pearson) of a rate of which ``hits`` of ``n`` were seen."""
    from scipy.stats import beta

    return 1.0 if hits >= n else float(beta.ppf(confidence, hits + 1, n - hits))


def share(flag: Bools, weight: Floats) -> float:
    """Return the weighted share of rooms in which something holds."""
    return float(np.average(flag, weights=weight)) if len(flag) else float("nan")

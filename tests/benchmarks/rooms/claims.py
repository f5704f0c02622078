"""Learns, and judges, whether scans catch what they claim: for the kind of camera that really was there.

A scan's claim for one kind varies much more than its headline (a silent radio claims nothing of a card
camera), so the same rooms say far more about it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from firmware.evidence.likelihoods import Kind, Likelihoods
from firmware.evidence.shape import along
from tests.benchmarks.rooms.learn import Lesson, covered, is_caught
from tests.benchmarks.rooms.metrics import Bools, Floats, expit, logit
from tests.benchmarks.rooms.rows import Row

RIDGE = 4.0  # rooms' worth of belief that claims hold as they are
FEWEST_CAMERAS = 60
GRID = tuple(round(0.1 * i, 1) for i in range(11))
EDGE = 0.02  # a claim is kept this far from 0 and 1 in logits
STEPS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """logit(caught) = intercept + slope · logit(claimed): 0 and 1 when claims hold; with standard errors."""

    intercept: float
    slope: float
    intercept_error: float
    slope_error: float
    rooms: int

    def at(self, claimed: float) -> float:
        """Return the share that is caught where ``claimed`` is claimed."""
        return float(expit(self.intercept + self.slope * float(_logit(np.array([claimed]))[0])))


def _logit(claimed: Floats) -> Floats:
    return logit(np.clip(claimed, EDGE, 1.0 - EDGE))


def fit(claimed: Floats, caught: Bools, weight: Floats, *, ridge: float = 0.0) -> Fit:
    """Fit slope and intercept.

    Parameters
    ----------
    claimed, caught, weight : ndarray, shape (n,)
        Claimed share 0…1, whether the camera was caught, how much the room counts (scaled to mean 1).
    ridge : float
        Penalty on the distance from (0, 1), in rooms.

    Returns
    -------
    Fit
        Errors are those of the weighted estimate (sandwich), one standard error.

    References
    ----------
    Cox (1958), two further applications of a model for binary regression: calibration slope and intercept.
    """
    x = np.column_stack([np.ones(len(claimed)), _logit(claimed)])
    w = weight / weight.mean()
    target = np.array([0.0, 1.0])
    beta = target.copy()
    penalty = max(ridge, 1e-6) * np.eye(2)
    for _ in range(STEPS):
        p = expit(x @ beta)
        curve = (x * (w * p * (1 - p))[:, None]).T @ x + penalty
        step = np.linalg.solve(curve, x.T @ (w * (caught - p)) - penalty @ (beta - target))
        beta = beta + np.clip(step, -1.0, 1.0)
    score = x * (w * (caught - expit(x @ beta)))[:, None]
    inverse = np.linalg.inv(curve)
    error = np.sqrt(np.diag(inverse @ (score.T @ score) @ inverse))
    return Fit(
        intercept=float(beta[0]), slope=float(beta[1]), intercept_error=float(error[0]),
        slope_error=float(error[1]), rooms=len(claimed),
    )  # fmt: skip


def claim_of(row: Row, kind: Kind, lesson: Lesson) -> float:
    """Return what a scan claims for the kind that was there, by what was learned of each sense."""
    missed = 1.0
    for name, sense in row.senses.items():
        if (name, kind) in lesson.caught and not sense.lost:
            missed *= 1.0 - covered(row, name, lesson) * lesson.caught[name, kind].share
    return 1.0 - missed


def claim_by_table(row: Row, table: Likelihoods) -> float:
    """Return what a judged scan claims for the kind that was there."""
    kind = row.truth.kind
    assert kind is not None
    missed = 1.0
    for name, sense in row.senses.items():
        if (name, kind) in table.by_catch and not sense.lost:
            missed *= 1.0 - sense.covered.get(kind, 0.0) * table.by_catch[name, kind].pd
    return along(table.claims.curve, 1.0 - missed)


def learn_claims(
    rows: Sequence[Row], lesson: Lesson, table: Likelihoods
) -> tuple[Fit | None, dict[str, float]]:
    """Return how claims hold in these rooms, and by how much each wall differs when the others teach.

    The difference is a share: caught, less what the fit of all other walls expects.
    """
    cameras = [(r, r.truth.kind) for r in rows if r.truth.kind is not None]
    if len(cameras) < FEWEST_CAMERAS:
        return None, {}
    claimed = np.array([claim_of(r, kind, lesson) for r, kind in cameras])
    caught = np.array([any(is_caught(n, r, lesson, table) for n in r.senses) for r, _ in cameras])
    weight = np.array([r.truth.weight for r, _ in cameras])
    walls = np.array([str(r.truth.notes.get("texture", "")) for r, _ in cameras])
    spread = {}
    for wall in sorted(set(walls)):
        here = walls == wall
        if FEWEST_CAMERAS // 4 <= here.sum() < len(here):
            others = fit(claimed[~here], caught[~here], weight[~here], ridge=RIDGE)
            expected = np.average([others.at(c) for c in claimed[here]], weights=weight[here])
            realised = np.average(caught[here], weights=weight[here])
            spread[str(wall)] = float(realised - expected)
    return fit(claimed, caught, weight, ridge=RIDGE), spread


def curve_of(found: Fit) -> tuple[tuple[float, float], ...]:
    """Return claimed → caught as a rising curve that never promises more than was claimed."""
    points: list[tuple[float, float]] = []
    for x in GRID:
        y = 0.0 if x == 0.0 else min(x, found.at(x))
        points.append((x, round(max(y, points[-1][1] if points else 0.0), 3)))
    return tuple(points)

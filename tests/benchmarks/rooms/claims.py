"""Learns, and judges, whether scans catch what they claim: for the kind of camera that really was there.

A scan's claim for one kind varies much more than its headline (a silent radio claims nothing of a card
camera), so the same rooms say far more about it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from firmware.verdict.evidence.likelihoods import Kind, Likelihoods
from firmware.verdict.evidence.score_calibration import along
from tests.benchmarks.rooms.learn import Lesson, covered, is_caught
from tests.benchmarks.rooms.metrics import Bools, Floats, expit, logit
from tests.benchmarks.rooms.rows import Row

RIDGE = 4.0  # rooms' worth of belief that claims hold as they are
FEWEST_CAMERAS = 60
FEWEST_ON_WALL = 15
LEAST = 0.05
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """How claims hold over all rooms, by how much less (logits) on the worst wall, and each wall's spread."""

    fit: Fit
    worst_wall: float
    spread: Mapping[str, float]  # caught, less what the fit of all other walls expects: a share

    @property
    def curve(self) -> tuple[tuple[float, float], ...]:
        """Return claimed → caught, rising: what holds on the worst of the walls that were learned from."""
        held = replace(self.fit, intercept=self.fit.intercept + self.worst_wall)
        points: list[tuple[float, float]] = [(0.0, 0.0)]
        for x in GRID[1:]:
            points.append((x, max(round(held.at(x), 3), points[-1][1])))
        return tuple(points)


def learn_claims(rows: Sequence[Row], lesson: Lesson, table: Likelihoods) -> Learnt | None:
    """Return how claims hold in these rooms; None where too few cameras could tell.

    Scans that claim next to nothing of a kind (below `LEAST`) say nothing about the others and are left out.
    """
    seen = [(r, claim_of(r, r.truth.kind, lesson)) for r in rows if r.truth.kind is not None]
    seen = [(r, claim) for r, claim in seen if claim >= LEAST]
    if len(seen) < FEWEST_CAMERAS:
        return None
    claimed = np.array([claim for _, claim in seen])
    caught = np.array([any(is_caught(n, r, lesson, table) for n in r.senses) for r, _ in seen])
    weight = np.array([r.truth.weight for r, _ in seen])
    walls = np.array([str(r.truth.notes.get("texture", "")) for r, _ in seen])
    whole = fit(claimed, caught, weight, ridge=RIDGE)
    spread, shifts = {}, []
    for wall in sorted(set(walls)):
        here = walls == wall
        if FEWEST_ON_WALL <= here.sum() < len(here):
            others = fit(claimed[~here], caught[~here], weight[~here], ridge=RIDGE)
            realised = np.average(caught[here], weights=weight[here])
            spread[str(wall)] = float(realised - _expected(others, claimed[here], weight[here]))
            shifts.append(_shift(whole, claimed[here], caught[here], weight[here]))
    return Learnt(fit=whole, worst_wall=worst_of(shifts), spread=spread)


def _expected(found: Fit, claimed: Floats, weight: Floats) -> float:
    return float(np.average([found.at(c) for c in claimed], weights=weight))


def _shift(whole: Fit, claimed: Floats, caught: Bools, weight: Floats) -> tuple[float, float]:
    """Return by how much one wall differs from all, and the variance of that, in logits."""
    at = whole.intercept + whole.slope * _logit(claimed)
    w, shift = weight / weight.mean(), 0.0
    for _ in range(STEPS):
        p = expit(at + shift)
        curve = float((w * p * (1 - p)).sum()) + 1.0
        shift += float(np.clip(((w * (caught - p)).sum() - shift) / curve, -1.0, 1.0))
    return shift, float((w**2 * p * (1 - p)).sum()) / curve**2


def worst_of(shifts: Sequence[tuple[float, float]]) -> float:
    """Return the lowest shift (at most 0), each drawn to none as far as its own error explains it."""
    if not shifts:
        return 0.0
    between = max(0.0, float(np.mean([s**2 - v for s, v in shifts])))
    return min(0.0, *(s * between / (between + v) for s, v in shifts))

"""Learns what a second sense is worth that speaks for the same kind: the share of its nats that counts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from firmware.verdict.evidence.likelihoods import KINDS, Likelihoods
from hw.types import SENSOR_NAMES, SensorName
from tests.benchmarks.rooms.learn import Lesson, best_nats
from tests.benchmarks.rooms.metrics import Floats
from tests.benchmarks.rooms.rows import Row

KEEPS = np.linspace(0.0, 1.0, 21)
BELIEF = 8.0  # nats that it costs to be a whole share away from the designed one
FEWEST_CLEAN = 5  # clean rooms in which two senses speak: without them nothing can be learned of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """The share that counts, None where too few rooms could tell; and those rooms."""

    keep: float | None
    cameras: int
    clean: int


def agreed(rows: Sequence[Row], lesson: Lesson, table: Likelihoods) -> Agreed:
    """Return the share of the weaker sense's nats that makes the truth of these rooms likeliest.

    Notes
    -----
    Rooms in which two groups of senses speak for one kind, with the nats ``s ≥ t``: the chance of a camera is
    ``logistic(offset + s + keep · t)``, the offset being the log ratio of all rooms with a camera to all
    clean ones. A room counts as much as its kind is common.
    """
    pairs = [(r, *pair) for r in rows if (pair := two_strongest(r, lesson, table)) is not None]
    truth = np.array([r.truth.kind is not None for r, _, _ in pairs], bool)
    found = Agreed(keep=None, cameras=int(truth.sum()), clean=int((~truth).sum()))
    if found.clean < FEWEST_CLEAN or found.cameras < FEWEST_CLEAN:
        return found
    weight = np.array([r.truth.weight for r, _, _ in pairs])
    strong, weak = (np.array([pair[i] for pair in pairs]) for i in (1, 2))
    cameras = sum(r.truth.weight for r in rows if r.truth.kind is not None)
    offset = math.log(cameras / sum(r.truth.weight for r in rows if r.truth.kind is None))
    sign = np.where(truth, 1.0, -1.0)
    away = (KEEPS - table.agreement.keep) ** 2
    cost = [_cost(sign * (offset + strong + keep * weak), weight) for keep in KEEPS] + BELIEF * away
    return Agreed(keep=float(KEEPS[int(np.argmin(cost))]), cameras=found.cameras, clean=found.clean)


def _cost(margin: Floats, weight: Floats) -> float:
    return float((weight * np.logaddexp(0.0, -margin)).sum())


def two_strongest(row: Row, lesson: Lesson, table: Likelihoods) -> tuple[float, float] | None:
    """Return the nats of the two groups that agree best on one kind, None unless both speak for it."""
    best: tuple[float, float] | None = None
    for kind in KINDS:
        by_group: dict[str, float] = {}
        for name in _there(row):
            group = table.senses[name].group
            nats = min(best_nats(name, kind, row, lesson, table), table.senses[name].cap_nats)
            by_group[group] = max(nats, by_group.get(group, 0.0))
        strong, weak = ([*sorted(by_group.values(), reverse=True), 0.0, 0.0])[:2]
        if weak > 0.0 and (best is None or weak > best[1]):
            best = (strong, weak)
    return best


def _there(row: Row) -> list[SensorName]:
    return [name for name in SENSOR_NAMES if name in row.senses]

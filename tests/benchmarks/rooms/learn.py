"""Learns from rooms that are not locked what a find and a silence are worth.

For each sign: the best raw score of a room (the logit of the sense's own score) against whether it has a
camera that the sign speaks for; monotone, each step shrunk by half a room, capped at what the number of
clean rooms can say. For each sense and kind: the share of cameras caught, by coverage really achieved.
Because whole rooms are learned from, the best of many candidates is already in it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from firmware.verdict.evidence.likelihoods import KINDS, Kind, Likelihoods, Sign, designed_likelihoods
from firmware.verdict.evidence.score_calibration import along
from hw.types import SENSOR_NAMES, SensorName
from tests.benchmarks.rooms.metrics import monotone
from tests.benchmarks.rooms.rows import Row, SenseRow

SHRINK = 0.5  # rooms added to each count (Krichevsky-Trofimov): no step is ever certain
FEWEST = 8  # rooms a step of a curve rests on, at least
FEWEST_CAMERAS = 12  # cameras of a kind from which a share may be learned
FEWEST_SEEN = 10  # rooms with a sign from which its curve may be learned
ROUNDS = 3  # curves and responses are fitted in turn
RESPONSES = (0.2, 0.3, 0.45, 0.65, 0.8, 1.0, 1.25, 1.6, 2.0, 2.5)
SHARES = np.linspace(0.01, 0.99, 99)
USUAL = 90.0  # per cent of rooms have no more candidates: only what is beyond competes beyond what is learned
LOWEST_PD, HIGHEST_PD = 0.005, 0.995
# What is not learned: a picture rests on physics; how many honest devices bear a camera's name no simulation
# knows; what is in every room says nothing by being there; and nobody jams a simulated room.
FAR = ("identity-A-far", "identity-B-far", "identity-C-far")
NAMES = ("identity-A", "identity-B", "identity-C", *FAR, "advert-A", "advert-B", "advert-C")
DULL = ("ordinary", "disturbed")
UNLEARNED = ("picture", *NAMES, *DULL, "advert", "shine")
# In a room with a stronger sign the weaker ones do not speak, so they are not learned from it either.
ORDER: Mapping[SensorName, tuple[str, ...]] = {
    "rf": ("picture", "analog-video", "cofdm", "wideband-local", "cellular-uplink"),
    "wifi": (
        "streaming",
        "idle",
        "idle-far",
        "identity-A",
        "identity-B",
        "identity-C",
        *FAR,
        "ordinary",
        "disturbed",
    ),
    "ble": ("advert-A", "advert-B", "advert-C", "advert"),
    "lens": ("lens", "glint", "glimpse", "shine"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a curve: rooms with scores in this range, with a camera of its kind and without."""

    low_nats: float  # a tenth of the scores lies below, a tenth above
    high_nats: float
    cameras: float
    clean: float
    nats: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """The curve of one sign, and how many (covered) cameras and clean rooms it rests on."""

    steps: tuple[Step, ...]
    cameras: float
    clean: float

    @property
    def points(self) -> tuple[tuple[float, float], ...]:
        """Return score and worth, in nats: level within a step, straight from one to the next."""
        ends = [(x, s.nats) for s in self.steps for x in (s.low_nats, s.high_nats)]
        return tuple(
            p for p, before in zip(ends, [(-math.inf, 0.0), *ends], strict=False) if p[0] > before[0]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A share, and what it was counted on."""

    share: float
    covered: float
    rooms: int


@dataclass(slots=True, kw_only=True)
class Lesson:
    """Everything that was learned."""

    curves: dict[str, Learnt] = field(default_factory=dict)
    response: dict[SensorName, float] = field(default_factory=lambda: dict.fromkeys(SENSOR_NAMES, 1.0))
    caught: dict[tuple[SensorName, Kind], Rate] = field(default_factory=dict)
    false: dict[SensorName, Rate] = field(default_factory=dict)
    candidates: dict[SensorName, float] = field(default_factory=dict)


def learn(rows: Sequence[Row], table: Likelihoods | None = None) -> Lesson:
    """Return what these rooms teach; they must have been judged with the designed table."""
    table = designed_likelihoods() if table is None else table
    lesson = Lesson()
    for _ in range(ROUNDS):
        lesson.curves = _curves(rows, lesson, table)
        lesson.response = {name: _response(name, rows, lesson, table) for name in SENSOR_NAMES}
    for name in SENSOR_NAMES:
        lesson.false[name] = false_rate(name, rows, lesson, table)
        there = [r.senses[name].candidates for r in rows if name in r.senses]
        lesson.candidates[name] = float(np.percentile(there, USUAL)) if there else 1.0
        for kind in KINDS:
            kinds = KINDS if name == "lens" else (kind,)  # each camera has a lens, and none knows its kind
            rate = caught_rate(name, kinds, rows, lesson, table)
            if (name, kind) in table.by_catch and rate.rooms >= FEWEST_CAMERAS:
                lesson.caught[name, kind] = rate
    return lesson


def raw_of(row: Row, sign: Sign) -> float | None:
    """Return the best raw score of a sign in a room, None where a stronger sign speaks; confirmed or not."""
    sense = row.senses.get(sign.sensor)
    if sense is None:
        return None
    order = ORDER[sign.sensor]
    if any(_score(sense, name) > 0.0 for name in order[: order.index(sign.name)]):
        return None
    score = _score(sense, sign.name)
    return None if score == -math.inf else score


def _score(sense: SenseRow, name: str) -> float:
    return max((sense.best[n].raw_nats for n in (name, f"{name}!") if n in sense.best), default=-math.inf)


def covered(row: Row, name: SensorName, lesson: Lesson) -> float:
    """Return the coverage that speaks of the room's camera, as the sense answers to it."""
    share = row.senses[name].covered.get(row.truth.kind, 0.0) if row.truth.kind else row.senses[name].share
    return float(share ** lesson.response[name])


def _curves(rows: Sequence[Row], lesson: Lesson, table: Likelihoods) -> dict[str, Learnt]:
    found = {s.name: curve_of(s, rows, lesson) for s in table.signs if s.name not in UNLEARNED}
    return {name: curve for name, curve in found.items() if curve.steps}


def curve_of(sign: Sign, rows: Sequence[Row], lesson: Lesson) -> Learnt:
    """Return the curve of a sign.

    A camera counts by the coverage that its sense really had, and by how common its kind is; a room with a
    camera of a kind that the sign does not speak for is as good as clean.
    """
    there = [r for r in rows if sign.sensor in r.senses]
    cameras = [r for r in there if r.truth.kind in sign.speaks_for]
    clean = [r for r in there if r.truth.kind not in sign.speaks_for]
    scale = sum(r.truth.weight for r in cameras) / max(len(cameras), 1)
    looked = sum(r.truth.weight * covered(r, sign.sensor, lesson) for r in cameras) / max(scale, 1e-9)
    yes = [(x, r.truth.weight / scale) for r in cameras if (x := raw_of(r, sign)) is not None]
    no = [(x, 1.0) for r in clean if (x := raw_of(r, sign)) is not None]
    enough = len(yes) + len(no) >= FEWEST_SEEN and len(cameras) >= FEWEST_CAMERAS and yes
    steps = _steps(yes, no, looked, float(len(clean))) if enough else ()
    return Learnt(steps=tuple(steps), cameras=looked, clean=float(len(clean)))


def _steps(
    yes: list[tuple[float, float]], no: list[tuple[float, float]], n_yes: float, n_no: float
) -> list[Step]:
    x = np.array([v for v, _ in (*yes, *no)])
    label = np.array([1.0] * len(yes) + [0.0] * len(no))
    mass = np.array([w for _, w in (*yes, *no)])
    fitted = monotone(x, label, mass * np.where(label > 0, 1 / n_yes, 1 / n_no))
    merged: list[list[int]] = []
    for value in np.unique(fitted):
        group = np.flatnonzero(fitted == value).tolist()
        if merged and len(group) < FEWEST:  # downwards only: a few rooms never raise what a score is worth
            merged[-1] += group
        else:
            merged.append(group)
    steps = []
    for group in merged:
        cameras = float((mass * label)[group].sum())
        clean = float((mass * (1 - label))[group].sum())
        nats = shrunk_nats(cameras, n_yes, clean, n_no)
        low, high = (float(v) for v in np.round(np.percentile(x[group], (10, 90)), 3))
        steps.append(Step(low_nats=low, high_nats=high, cameras=cameras, clean=clean, nats=round(nats, 3)))
    return _rising(steps)


def shrunk_nats(cameras: float, n_cameras: float, clean: float, n_clean: float) -> float:
    """Return ln of the ratio of two shares, each with half a room added. The sign's cap limits it further."""
    yes = (cameras + SHRINK) / (max(n_cameras, cameras) + 2 * SHRINK)
    no = (clean + SHRINK) / (n_clean + 2 * SHRINK)
    return math.log(yes / no)


def _rising(steps: list[Step]) -> list[Step]:
    """Make the shrunk steps rise again: a step never lies below the one before it."""
    kept: list[Step] = []
    for step in sorted(steps, key=lambda s: s.high_nats):
        kept.append(replace(step, nats=max(step.nats, kept[-1].nats)) if kept else step)
    return kept


def best_nats(name: SensorName, kind: Kind, row: Row, lesson: Lesson, table: Likelihoods) -> float:
    """Return what the best find of one sense says for a kind in one room, by what was learned so far."""
    best = -math.inf
    for sign in table.signs:
        raw = raw_of(row, sign) if sign.sensor == name and kind in sign.speaks_for else None
        if raw is not None:
            learnt = lesson.curves.get(sign.name)
            best = max(best, along(learnt.points, raw) if learnt else min(raw, sign.cap_nats))
    return best


def is_caught(name: SensorName, row: Row, lesson: Lesson, table: Likelihoods) -> bool:
    """Say whether a sense alone made enough of the camera in this room for a CHECK."""
    kind = row.truth.kind
    return kind is not None and best_nats(name, kind, row, lesson, table) >= table.levels.check_sense_nats


def _response(name: SensorName, rows: Sequence[Row], lesson: Lesson, table: Likelihoods) -> float:
    """Return the exponent that makes the caught cameras likeliest, Pd free; 1 where few were caught."""
    kinds = {kind for sensor, kind in table.by_catch if sensor == name}
    those = [r for r in rows if name in r.senses and r.truth.kind in kinds]
    caught = np.array([is_caught(name, r, lesson, table) for r in those], float)
    if caught.sum() < FEWEST_CAMERAS or caught.sum() > len(caught) - 2:
        return 1.0
    share = np.array([max(r.senses[name].covered.get(r.truth.kind, 0.0), 1e-3) for r in those])  # type: ignore[arg-type]
    groups = [np.array([r.truth.kind == k for r in those]) for k in sorted(kinds)]
    groups = [np.ones(len(those), bool)] if name == "lens" else [g for g in groups if g.any()]
    likelihood = {
        exponent: sum(_best_fit(share[g] ** exponent, caught[g]) for g in groups) for exponent in RESPONSES
    }
    return max(likelihood, key=lambda e: (likelihood[e], -abs(math.log(e))))


def _best_fit(
    share: np.ndarray[tuple[int], np.dtype[np.float64]], caught: np.ndarray[tuple[int], np.dtype[np.float64]]
) -> float:
    p = np.clip(SHARES[:, None] * share[None, :], 1e-4, 1 - 1e-4)
    return float((caught * np.log(p) + (1 - caught) * np.log(1 - p)).sum(1).max())


def caught_rate(
    name: SensorName, kinds: Sequence[Kind], rows: Sequence[Row], lesson: Lesson, table: Likelihoods
) -> Rate:
    """Return the share of cameras of these kinds that a sense caught, per coverage as it answers to it."""
    those = [r for r in rows if r.truth.kind in kinds and name in r.senses]
    scale = sum(r.truth.weight for r in those) / max(len(those), 1)
    looked = sum(r.truth.weight * covered(r, name, lesson) for r in those) / max(scale, 1e-9)
    caught = sum(r.truth.weight * is_caught(name, r, lesson, table) for r in those) / max(scale, 1e-9)
    share = (caught + SHRINK) / (looked + 2 * SHRINK)
    return Rate(share=min(HIGHEST_PD, max(LOWEST_PD, share)), covered=looked, rooms=len(those))


def false_rate(name: SensorName, rows: Sequence[Row], lesson: Lesson, table: Likelihoods) -> Rate:
    """Return the share of clean rooms in which a sense points at something for any kind."""
    clean = [r for r in rows if r.truth.kind is None and name in r.senses]
    at = table.levels.check_sense_nats
    wrong = sum(max(best_nats(name, k, r, lesson, table) for k in KINDS) >= at for r in clean)
    looked = sum(covered(r, name, lesson) for r in clean)
    return Rate(share=(wrong + SHRINK) / (looked + 2 * SHRINK), covered=looked, rooms=len(clean))

"""Learns from the calibration rooms what a find and a silence are worth, and writes it as a table for people.

For each sign: the best raw score of a room (the logit of the sense's own score) against whether it has a
camera that the sign speaks for; monotone, each step shrunk by half a room, never beyond what the number of
clean rooms can say. For each sense and kind: the share of cameras caught, by coverage really achieved.
Because whole rooms are learned from, the best of many candidates is already in it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from firmware.evidence.likelihoods import KINDS, Kind, Likelihoods, Sign, designed_likelihoods
from firmware.evidence.shape import along
from hw.types import SENSOR_NAMES, SensorName
from tests.benchmarks.rooms.draw import SEED
from tests.benchmarks.rooms.metrics import Floats, monotone
from tests.benchmarks.rooms.rows import Row, SenseRow

VERSION = 1  # of the bench: a new one makes what was learned void
FILE = Path(__file__).parents[3] / "firmware" / "evidence" / "learned.toml"
SHRINK = 0.5  # rooms added to each count (Krichevsky-Trofimov): no step is ever certain
FEWEST = 8  # rooms a step of a curve rests on, at least
FEWEST_CAMERAS = 12  # cameras of a kind from which a share may be learned
FEWEST_SEEN = 20  # rooms with a sign from which its curve may be learned
# What is not learned: a picture rests on physics, and what is in every room says nothing by being there.
UNLEARNED = ("picture", "ordinary", "advert", "shine")
# In a room with a stronger sign the weaker ones do not speak, so they are not learned from it either.
ORDER: Mapping[SensorName, tuple[str, ...]] = {
    "rf": ("picture", "analog-video", "cofdm", "wideband-local", "cellular-uplink"),
    "wifi": ("streaming", "idle", "identity-A", "identity-B", "identity-C", "ordinary"),
    "ble": ("advert-A", "advert-B", "advert-C", "advert"),
    "lens": ("lens", "glint", "shine"),
}
LOWEST_PD, HIGHEST_PD = 0.005, 0.995


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a curve: rooms with a score about here, with a camera of its kind and without."""

    raw_nats: float
    cameras: float
    clean: float
    nats: float


def raw_of(row: Row, sign: Sign) -> float | None:
    """Return the best raw score of a sign in a room, None where a stronger sign speaks; confirmed or not."""
    sense = row.senses.get(sign.sensor)
    if sense is None:
        return None
    order = ORDER[sign.sensor]
    if any(_score(sense, name, -math.inf) > 0.0 for name in order[: order.index(sign.name)]):
        return None
    score = _score(sense, sign.name, -math.inf)
    return None if score == -math.inf else score


def _score(sense: SenseRow, name: str, otherwise: float) -> float:
    return max((sense.best[n].raw_nats for n in (name, f"{name}!") if n in sense.best), default=otherwise)


def speaks_of(row: Row, sign: Sign) -> bool:
    """Say whether the room's camera is of a kind the sign speaks for."""
    return row.truth.kind in sign.speaks_for


def curve_of(sign: Sign, rows: Sequence[Row]) -> tuple[list[Step], float, float]:
    """Return the steps of a sign's curve, and how many cameras and clean rooms they rest on.

    A camera counts by the coverage that its sense really had, and by how common its kind is; a room with a
    camera of a kind that the sign does not speak for is as good as clean, except for the lens, which speaks
    for all.
    """
    there = [r for r in rows if sign.sensor in r.senses]
    cameras = [r for r in there if speaks_of(r, sign)]
    clean = [r for r in there if not speaks_of(r, sign)]
    looked = sum(r.truth.weight * _covered(r, sign) for r in cameras)
    scale = sum(r.truth.weight for r in cameras) / max(len(cameras), 1)
    yes = [(x, r.truth.weight / scale) for r in cameras if (x := raw_of(r, sign)) is not None]
    no = [(x, 1.0) for r in clean if (x := raw_of(r, sign)) is not None]
    n_yes, n_no = looked / max(scale, 1e-9), float(len(clean))
    if len(yes) + len(no) < FEWEST_SEEN or len(cameras) < FEWEST_CAMERAS or not yes:
        return [], n_yes, n_no
    return _steps(yes, no, n_yes, n_no), n_yes, n_no


def _covered(row: Row, sign: Sign) -> float:
    return row.senses[sign.sensor].covered.get(row.truth.kind, 1.0) if row.truth.kind else 0.0


def _steps(
    yes: list[tuple[float, float]], no: list[tuple[float, float]], n_yes: float, n_no: float
) -> list[Step]:
    x = np.array([v for v, _ in (*yes, *no)])
    label = np.array([1.0] * len(yes) + [0.0] * len(no))
    mass = np.array([w for _, w in (*yes, *no)])
    fitted = monotone(x, label, mass * np.where(label > 0, 1 / n_yes, 1 / n_no))
    groups = [np.flatnonzero(fitted == value) for value in np.unique(fitted)]
    merged: list[np.ndarray[tuple[int], np.dtype[np.int64]]] = []
    for group in groups:
        if merged and (len(group) < FEWEST or len(merged[-1]) < FEWEST):
            merged[-1] = np.concatenate([merged[-1], group])
        else:
            merged.append(group)
    steps = []
    for group in merged:
        cameras = float((mass * label)[group].sum())
        clean = float((mass * (1 - label))[group].sum())
        steps.append(
            Step(
                raw_nats=float(np.median(x[group])),
                cameras=cameras,
                clean=clean,
                nats=shrunk_nats(cameras, n_yes, clean, n_no),
            )
        )
    return _rising(steps, n_no)


def shrunk_nats(cameras: float, n_cameras: float, clean: float, n_clean: float) -> float:
    """Return ln of the ratio of two shares, each with half a room added, capped by the clean rooms."""
    ratio = ((cameras + SHRINK) / (n_cameras + 2 * SHRINK)) / ((clean + SHRINK) / (n_clean + 2 * SHRINK))
    most = math.log(n_clean + 1)
    return min(most, max(-most, math.log(ratio)))


def _rising(steps: list[Step], n_clean: float) -> list[Step]:
    """Make the shrunk steps rise again; a step at the same score as another is dropped."""
    kept: list[Step] = []
    for step in steps:
        nats = max(step.nats, kept[-1].nats) if kept else step.nats
        if kept and step.raw_nats <= kept[-1].raw_nats + 1e-6:
            continue
        kept.append(Step(raw_nats=step.raw_nats, cameras=step.cameras, clean=step.clean, nats=nats))
    return kept


def caught_share(
    name: SensorName, kind: Kind, rows: Sequence[Row], curves: dict[str, list[Step]], table: Likelihoods
) -> tuple[float, float, int]:
    """Return the share of cameras of a kind that a sense caught, per coverage; coverage; number of cameras.

    Caught means a find worth at least what CHECK asks of one sense.
    """
    those = [r for r in rows if r.truth.kind == kind and name in r.senses]
    covered = sum(r.senses[name].covered.get(kind, 0.0) for r in those)
    caught = sum(best_nats(name, kind, r, curves, table) >= table.levels.check_sense_nats for r in those)
    pd = (caught + SHRINK) / (covered + 2 * SHRINK)
    return min(HIGHEST_PD, max(LOWEST_PD, pd)), covered, len(those)


def best_nats(
    name: SensorName, kind: Kind, row: Row, curves: dict[str, list[Step]], table: Likelihoods
) -> float:
    """Return what the best find of one sense says for a kind in one room, by the curves that were learned."""
    best = -math.inf
    for sign in table.signs:
        raw = raw_of(row, sign) if sign.sensor == name and kind in sign.speaks_for else None
        if raw is not None:
            points = tuple((s.raw_nats, s.nats) for s in curves.get(sign.name, []))
            best = max(best, along(points, raw) if points else min(raw, sign.cap_nats))
    return best


def false_share(
    name: SensorName, rows: Sequence[Row], curves: dict[str, list[Step]], table: Likelihoods
) -> tuple[float, int]:
    """Return the share of clean rooms in which a sense points at something for any kind; number of rooms."""
    clean = [r for r in rows if r.truth.kind is None and name in r.senses]
    at = table.levels.check_sense_nats
    wrong = sum(max(best_nats(name, k, r, curves, table) for k in KINDS) >= at for r in clean)
    covered = sum(r.senses[name].share for r in clean)
    return (wrong + SHRINK) / (covered + 2 * SHRINK), len(clean)


def learn(rows: Sequence[Row]) -> str:
    """Return the text of ``learned.toml``."""
    table = designed_likelihoods()
    cameras = sum(r.truth.kind is not None for r in rows)
    lines = [
        "# What simulated rooms taught, written by `python -m tests.benchmarks.rooms learn`. Not measured on",
        "# hardware. It replaces the designed figures of likelihoods.toml; that file explains every field.",
        "version = 1",
        "",
        "[bench]",
        f'date = "{datetime.now(UTC).date()}"',
        f"version = {VERSION}",
        f"seed = {SEED}",
        f"rooms = {len(rows)}",
        f"cameras = {cameras}",
        'source = "simulated rooms of the calibration split; the locked rooms were never looked at"',
        "",
    ]
    curves = _write_curves(lines, rows, table)
    _write_senses(lines, rows, curves, table)
    _write_catches(lines, rows, curves, table)
    _write_watch(lines, rows)
    return "\n".join(lines) + "\n"


def _write_curves(lines: list[str], rows: Sequence[Row], table: Likelihoods) -> dict[str, list[Step]]:
    curves: dict[str, list[Step]] = {}
    lines.append("# [score in nats, what the best such score of a room is worth in nats]")
    for sign in table.signs:
        if sign.name in UNLEARNED:
            continue
        steps, n_yes, n_no = curve_of(sign, rows)
        if not steps:
            continue
        curves[sign.name] = steps
        counted = ", ".join(f"{s.cameras:.0f}:{s.clean:.0f}" for s in steps)
        lines += [
            "[[signs]]",
            f'name = "{sign.name}"',
            f"curve = [{', '.join(f'[{s.raw_nats:.3f}, {s.nats:.3f}]' for s in steps)}]",
            f"cap_nats = {math.log(n_no + 1):.2f}",
            f'source = "learned: cameras:clean rooms a step {counted}; of {n_yes:.0f} and {n_no:.0f}"',
            "",
        ]
    return curves


def _write_senses(
    lines: list[str], rows: Sequence[Row], curves: dict[str, list[Step]], table: Likelihoods
) -> None:
    for name in SENSOR_NAMES:
        pfa, n = false_share(name, rows, curves, table)
        typical = float(np.median([r.senses[name].candidates for r in rows if name in r.senses]))
        lines += [
            f"[senses.{name}]",
            f"pfa = {pfa:.4f}",
            f"confounder_share = {1 / max(typical, 1.0):.4f}",
            f'source = "learned: {n} clean rooms, {typical:.0f} candidates in the usual one"',
            "",
        ]


def _write_catches(
    lines: list[str], rows: Sequence[Row], curves: dict[str, list[Step]], table: Likelihoods
) -> None:
    for name in SENSOR_NAMES:
        for kind in KINDS:
            if (name, kind) not in table.by_catch:
                continue
            if name == "lens":
                pd, covered, n = _lens_share(rows, curves, table)
            else:
                pd, covered, n = caught_share(name, kind, rows, curves, table)
            if n >= FEWEST_CAMERAS:
                lines += [
                    "[[catches]]",
                    f'sensor = "{name}"',
                    f'kind = "{kind}"',
                    f"pd = {pd:.3f}",
                    f'source = "learned: {n} cameras, {covered:.0f} of them covered"',
                    "",
                ]


def _lens_share(
    rows: Sequence[Row], curves: dict[str, list[Step]], table: Likelihoods
) -> tuple[float, float, int]:
    """Return the lens's share over all kinds together: each camera has a lens, and none knows its kind."""
    shares = [caught_share("lens", kind, rows, curves, table) for kind in KINDS]
    covered = sum(c for _, c, _ in shares)
    caught = sum(pd * (c + 2 * SHRINK) - SHRINK for pd, c, _ in shares)
    pd = (caught + SHRINK) / (covered + 2 * SHRINK)
    return min(HIGHEST_PD, max(LOWEST_PD, pd)), covered, sum(n for _, _, n in shares)


def watch_numbers(rows: Sequence[Row]) -> dict[str, dict[str, float]]:
    """Return by which numbers a change of the detectors is noticed: mean coverage, candidates and scores."""
    numbers: dict[str, dict[str, float]] = {}
    for name in SENSOR_NAMES:
        senses = [r.senses[name] for r in rows if name in r.senses]
        best = [max((f.raw_nats for f in s.best.values()), default=-7.0) for s in senses]
        clipped: Floats = np.clip(np.array(best), -7.0, 7.0)
        numbers[name] = {
            "coverage": round(float(np.mean([s.share for s in senses])), 4),
            "candidates": round(float(np.mean([s.candidates for s in senses])), 2),
            "score_nats": round(float(clipped.mean()), 3),
        }
    return numbers


def _write_watch(lines: list[str], rows: Sequence[Row]) -> None:
    lines.append("# the first rooms of the train split: a test runs them again and notices other detectors")
    for name, values in watch_numbers(rows).items():
        lines.append(f"[watch.{name}]")
        lines += [f"{key} = {value}" for key, value in values.items()]
        lines.append("")

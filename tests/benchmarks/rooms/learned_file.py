"""Writes what was learned as a table for people: ``firmware/verdict/evidence/learned.toml``."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from firmware.verdict.evidence.likelihoods import Learned, designed_likelihoods, parse_learned
from hw.types import SENSOR_NAMES
from tests.benchmarks.rooms.agree import Agreed, agreed
from tests.benchmarks.rooms.claims import Learnt, learn_claims
from tests.benchmarks.rooms.draw import SEED
from tests.benchmarks.rooms.learn import Lesson
from tests.benchmarks.rooms.models import Split
from tests.benchmarks.rooms.rows import Row

VERSION = 1  # of the bench: a new one makes what was learned void
FILE = Path(__file__).parents[3] / "firmware" / "verdict" / "evidence" / "learned.toml"
NO_SCORE_NATS = 7.0
HONEST = ("idle",)  # doorbells and baby monitors: how many are about no simulation knows
# Short scans of the train split, which a test runs again: clean and not, every sense, one that is lost.
WATCHED: list[tuple[Split, int]] = [("train", i) for i in (114, 3, 58, 36, 21, 296)]
HEAD = """\
# What simulated rooms taught, written by `python -m tests.benchmarks.rooms learn`. Not measured on hardware.
# It replaces the designed figures of likelihoods.toml; that file explains every field.
version = 1
"""


def lesson_text(lesson: Lesson, rows: Sequence[Row], watched: Mapping[str, Mapping[str, float]]) -> str:
    """Return the file."""
    cameras = sum(r.truth.kind is not None for r in rows)
    parts = [
        HEAD,
        "[bench]",
        f'date = "{datetime.now(UTC).date()}"',
        f"version = {VERSION}",
        f"seed = {SEED}",
        f"rooms = {len(rows)}",
        f"cameras = {cameras}",
        'source = "simulated rooms, train and calibration splits; the locked rooms were never looked at"\n',
        "# pfa: clean rooms in which the sense points at something; confounder_share: one over",
        "# the number of candidates in nine rooms of ten: only what is beyond competes, for the curves hold",
        "# the best of that number already; response: see likelihoods.toml.",
        *_senses(lesson),
        "# What the best score of a room is worth: [score in nats, worth in nats], straight in between.",
        *_curves(lesson),
        "# The share of cameras that a sense catches which does its whole job.",
        *_catches(lesson),
        *_agreement(agreed(rows, lesson, designed_likelihoods())),
        *_claims(learn_claims(rows, lesson, designed_likelihoods())),
        "# Some rooms of the train split: a test runs them again and notices changed detectors.",
        *_watch(watched),
    ]
    return "\n".join(parts).rstrip("\n") + "\n"


def _senses(lesson: Lesson) -> list[str]:
    return [
        f"[senses.{name}]\n"
        f"pfa = {lesson.false[name].share:.4f}\n"
        f"confounder_share = {1 / max(lesson.candidates[name], 1.0):.4f}\n"
        f"response = {lesson.response[name]}\n"
        f'source = "learned: {lesson.false[name].rooms} clean rooms,'
        f' {lesson.candidates[name]:.0f} candidates in nine of ten"\n'
        for name in SENSOR_NAMES
    ]


def _curves(lesson: Lesson) -> list[str]:
    lines = []
    for name, learnt in lesson.curves.items():
        counted = ", ".join(f"{s.cameras:.0f}:{s.clean:.0f}" for s in learnt.steps)
        points = ", ".join(f"[{x:.3f}, {y:.3f}]" for x, y in learnt.points)
        lines.append(
            f'[[signs]]\nname = "{name}"\ncurve = [{points}]\ncap_nats = {_cap(name, learnt.clean):.2f}\n'
            f'source = "learned: cameras:clean rooms a step {counted};'
            f' of {learnt.cameras:.0f} covered cameras and {learnt.clean:.0f} clean rooms"\n'
        )
    return lines


def _cap(name: str, clean: float) -> float:
    """Return what so many clean rooms can carry, or the designed cap where honest devices show it, too."""
    most = math.log(clean + 1)
    return min(most, designed_likelihoods().by_sign[name].cap_nats) if name in HONEST else most


def _catches(lesson: Lesson) -> list[str]:
    return [
        f'[[catches]]\nsensor = "{name}"\nkind = "{kind}"\npd = {rate.share:.3f}\n'
        f'source = "learned: {rate.rooms} cameras, {rate.covered:.0f} covered"\n'
        for (name, kind), rate in lesson.caught.items()
    ]


def _agreement(found: Agreed) -> list[str]:
    if found.keep is None:
        return [
            (
                f"# Two senses spoke for one kind in {found.cameras} rooms with a camera and {found.clean}"
                " clean ones:\n# too few to learn what agreeing is worth, so the designed share stands.\n"
            )
        ]
    return [
        (
            "# Share of the weaker sense's nats that counts where two speak for one kind.\n[agreement]\n"
            f"keep = {found.keep:.2f}\n"
            f'source = "learned: {found.cameras} rooms with a camera, {found.clean} clean ones"\n'
        )
    ]


def _claims(found: Learnt | None) -> list[str]:
    if found is None:
        return []
    f = found.fit
    spread = ", ".join(f"{wall} {100 * d:+.0f}" for wall, d in found.spread.items())
    points = ", ".join(f"[{x:.1f}, {y:.3f}]" for x, y in found.curve)
    text = (
        "# What a scan claims of a kind, and the share it catches on the worst wall that was learned from.\n"
        f"[claims]\ncurve = [{points}]\n"
        f'source = "learned: {f.rooms} cameras; logit intercept {f.intercept:+.2f} ± {f.intercept_error:.2f},'
        f" slope {f.slope:.2f} ± {f.slope_error:.2f}, worst wall {found.worst_wall:+.2f};"
        f' each wall when the others teach, points: {spread}"\n'
    )
    return [text]


def watch_numbers(rows: Sequence[Row]) -> dict[str, dict[str, float]]:
    """Return by which numbers a change of the detectors is noticed: mean coverage, candidates and scores."""
    numbers: dict[str, dict[str, float]] = {}
    for name in SENSOR_NAMES:
        senses = [r.senses[name] for r in rows if name in r.senses]
        best = [max((f.raw_nats for f in s.best.values()), default=-NO_SCORE_NATS) for s in senses]
        numbers[name] = {
            "coverage": round(float(np.mean([s.share for s in senses])), 4),
            "candidates": round(float(np.mean([s.candidates for s in senses])), 2),
            "score_nats": round(float(np.clip(best, -NO_SCORE_NATS, NO_SCORE_NATS).mean()), 3),
        }
    return numbers


def _watch(watched: Mapping[str, Mapping[str, float]]) -> list[str]:
    return [
        f"[watch.{name}]\n" + "\n".join(f"{key} = {value}" for key, value in values.items()) + "\n"
        for name, values in watched.items()
    ]


def with_kept(text: str, before: Learned) -> str:
    """Return the file with what an earlier one has learned and this one could not, for want of cameras.

    Parameters
    ----------
    text : str
        The new file.
    before : Learned
        The numbers of the file that it replaces.

    Returns
    -------
    str
        The file with the missing signs, catches and agreement, whose sources say that they were kept.
    """
    now = parse_learned(text)
    signs, pairs = {s.name for s in now.signs}, {(c.sensor, c.kind) for c in now.catches}
    parts = [
        f'[[signs]]\nname = "{s.name}"\ncurve = {[list(p) for p in s.curve]}\ncap_nats = {s.cap_nats:.2f}\n'
        f'source = "{_kept(s.source, before)}"\n'
        for s in before.signs
        if s.name not in signs
    ]
    parts += [
        f'[[catches]]\nsensor = "{c.sensor}"\nkind = "{c.kind}"\npd = {c.pd:.3f}\n'
        f'source = "{_kept(c.source, before)}"\n'
        for c in before.catches
        if (c.sensor, c.kind) not in pairs
    ]
    if now.agreement is None and before.agreement is not None:
        source = _kept(before.agreement.source, before)
        parts.append(f'[agreement]\nkeep = {before.agreement.keep:.2f}\nsource = "{source}"\n')
    if not parts:
        return text
    head = "\n# Kept from an earlier run with more rooms: too few cameras among today's to learn it anew.\n"
    return text + head + "\n".join(parts).rstrip("\n") + "\n"


def _kept(source: str, before: Learned) -> str:
    return source if "; kept from " in source else f"{source}; kept from {before.bench.date}"

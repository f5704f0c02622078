"""All the figures of one split: detection, false alarms, calibration, coverage, rivals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from firmware.verdict.evidence.likelihoods import Likelihoods, packaged_likelihoods
from firmware.verdict.model import Level
from tests.benchmarks.rooms.claims import claim_by_table, fit
from tests.benchmarks.rooms.draw import SEED
from tests.benchmarks.rooms.metrics import (
    Bools,
    Floats,
    brier,
    cllr,
    ece,
    ece_floor,
    expit,
    log_loss,
    min_cllr,
    posterior,
    ppv,
    share,
    to_prior,
    upper_bound,
)
from tests.benchmarks.rooms.rivals import Rival, best_single, fused, rivals, truths
from tests.benchmarks.rooms.rows import Row

PRIORS = (0.005, 0.05)
WRONG_BY = 3.0
ALARMS = (Level.CHECK, Level.LIKELY_CAMERA)
SECONDS = (2, 4, 6, 8, 10, 12, 15, 20, 25, 30, 35, 40, 45)
DECILES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How good one way of coming to a number is, at even odds."""

    name: str
    log_loss: float
    brier: float
    cllr: float
    min_cllr: float
    ece: float
    ece_floor: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Decile:
    """Rooms with a camera, a tenth of them by what the scan claims it would have caught."""

    claimed: float
    caught: float
    rooms: int
    spread: float  # one standard error of the realised share, were the claim true


def alarm(rows: Sequence[Row], level: Level) -> Bools:
    """Return where the last word was this level or a stronger one."""
    wanted = ALARMS[ALARMS.index(level) :]
    return np.array([r.verdict.level in wanted for r in rows])


def score(name: str, log_lr: Floats, rows: Sequence[Row]) -> Score:
    """Return all scores of one way."""
    truth, weight = truths(rows)
    even = to_prior(truth, weight, 0.5)
    p = expit(log_lr)
    rng = np.random.default_rng([SEED, 7])
    return Score(
        name=name,
        log_loss=log_loss(p, truth, even),
        brier=brier(p, truth, even),
        cllr=cllr(log_lr, truth, weight),
        min_cllr=min_cllr(log_lr, truth, weight),
        ece=ece(p, truth, even),
        ece_floor=ece_floor(p, even, rng=rng),
    )


def wrong_priors(rows: Sequence[Row]) -> dict[str, tuple[float, float]]:
    """Return ECE and its floor when rooms or kinds are not as common as was assumed.

    ``prior``: a camera is three times as common (odds), or a third. ``kinds``: every kind in turn three times
    as common as the table has it; the worst is told.
    """
    truth, weight = truths(rows)
    log_lr = fused(rows)
    rng = np.random.default_rng([SEED, 8])
    found: dict[str, tuple[float, float]] = {}
    for label, prior in (("even odds", 0.5), ("odds 3:1", 0.75), ("odds 1:3", 0.25)):
        w = to_prior(truth, weight, prior)
        found[f"prior as assumed, {label}"] = _ece_pair(posterior(log_lr, prior), truth, w, rng)
        found[f"prior assumed even, {label}"] = _ece_pair(expit(log_lr), truth, w, rng)
    for prior in PRIORS:
        for label, factor in (("as assumed", 1.0), ("3 x", WRONG_BY), ("1/3", 1 / WRONG_BY)):
            odds = prior / (1 - prior) * factor
            w = to_prior(truth, weight, odds / (1 + odds))
            found[f"prior {prior:.1%}, {label}"] = _ece_pair(posterior(log_lr, prior), truth, w, rng)
    kinds = np.array([r.truth.kind or "" for r in rows])
    pairs = {}
    for kind in sorted(set(kinds) - {""}):
        for factor in (WRONG_BY, 1 / WRONG_BY):
            w = to_prior(truth, np.where(kinds == kind, weight * factor, weight), 0.5)
            pairs[f"{kind} x {factor:.2g}"] = _ece_pair(expit(log_lr), truth, w, rng)
    worst = max(pairs, key=lambda k: pairs[k][0])
    found[f"kinds wrong by 3, worst: {worst}"] = pairs[worst]
    return found


def _ece_pair(p: Floats, truth: Bools, weight: Floats, rng: np.random.Generator) -> tuple[float, float]:
    return ece(p, truth, weight), ece_floor(p, weight, rng=rng)


def spread_of(claimed: float, effective: float) -> float:
    """Return the standard error of a share of so many rooms, if what was claimed is true."""
    return math.sqrt(max(claimed * (1.0 - claimed), 0.25 / effective) / effective)


def coverage_deciles(rows: Sequence[Row], *, parts: int = DECILES) -> list[Decile]:
    """Return claimed and realised shares of rooms with a camera, in groups of equal weight."""
    cameras = sorted((r for r in rows if r.truth.kind is not None), key=lambda r: r.verdict.share_caught)
    weight = np.array([r.truth.weight for r in cameras])
    group = np.minimum((np.cumsum(weight) / weight.sum() * parts - 1e-9).astype(int), parts - 1)
    deciles = []
    for g in range(parts):
        at = np.flatnonzero(group == g)
        if not len(at):
            continue
        w = weight[at]
        caught = np.array([cameras[i].verdict.level in ALARMS for i in at])
        claimed = np.array([cameras[i].verdict.share_caught for i in at])
        rate = float(np.average(caught, weights=w))
        effective = float(w.sum() ** 2 / (w**2).sum())
        deciles.append(
            Decile(
                claimed=float(np.average(claimed, weights=w)),
                caught=rate,
                rooms=len(at),
                spread=spread_of(float(np.average(claimed, weights=w)), effective),
            )
        )
    return deciles


def claim_fits(rows: Sequence[Row], table: Likelihoods) -> dict[str, Any]:
    """Return how claims hold: slope and intercept, for the headline and for the kind that was there.

    ``tenths``: the sum of squared differences of the tenths in their standard errors, and how likely a scan
    whose every claim holds shows as much.
    """
    from scipy.stats import chi2

    cameras = [r for r in rows if r.truth.kind is not None]
    weight = np.array([r.truth.weight for r in cameras])
    caught = alarm(cameras, Level.CHECK)
    headline = np.array([r.verdict.share_caught for r in cameras])
    own = np.array([claim_by_table(r, table) for r in cameras])
    deciles = coverage_deciles(rows)
    square = sum(((d.caught - d.claimed) / d.spread) ** 2 for d in deciles)
    return {
        "headline": fit(headline, caught, weight),
        "own kind": fit(own, caught, weight),
        "mean difference": float(np.average(caught - headline, weights=weight)),
        "tenths": square,
        "tenths likely": float(chi2.sf(square, len(deciles))),
    }


def over_time(rows: Sequence[Row], level: Level) -> tuple[list[float], list[float]]:
    """Return the shares of camera rooms and of clean rooms that have raised this level by each second."""
    truth, weight = truths(rows)
    wanted = ALARMS[ALARMS.index(level) :]
    first = np.array([min((m.t_s for m in r.moments if m.level in wanted), default=math.inf) for r in rows])
    detected = [share(first[truth] <= s, weight[truth]) for s in SECONDS]
    false = [share(first[~truth] <= s, weight[~truth]) for s in SECONDS]
    return detected, false


def reachable(rows: Sequence[Row]) -> list[Row]:
    """Return rooms with a camera within reach of a working sense, fully scanned."""
    return [r for r in rows if r.truth.kind is not None and r.truth.reach and r.truth.full]


def evaluate(rows: Sequence[Row], fit_on: Sequence[Row], table: Likelihoods | None = None) -> dict[str, Any]:
    """Return every figure of a split."""
    table = packaged_likelihoods() if table is None else table
    truth, weight = truths(rows)
    named: dict[str, Rival] = {"ansim": fused, **rivals(fit_on)}
    scores = [score(name, rival(rows), rows) for name, rival in named.items()]
    inside = reachable(rows)
    inside_weight = np.array([r.truth.weight for r in inside])
    levels: dict[str, Any] = {}
    for level in ALARMS:
        hit = alarm(rows, level)
        clean = int((~truth).sum())
        false = int(hit[~truth].sum())
        detected = share(hit[truth], weight[truth])
        levels[level.value] = {
            "false alarms": false,
            "clean rooms": clean,
            "false share": false / clean,
            "false share at most": upper_bound(false, clean),
            "detected": detected,
            "detected in reach": share(alarm(inside, level), inside_weight),
            "rooms in reach": len(inside),
            **{f"ppv at {p:.1%}": ppv(detected, false / clean, p) for p in PRIORS},
            **{f"ppv at {p:.1%} at least": ppv(detected, upper_bound(false, clean), p) for p in PRIORS},
        }
    return {
        "rooms": len(rows),
        "cameras": int(truth.sum()),
        "best single": best_single(rows),
        "levels": levels,
        "scores": scores,
        "wrong": wrong_priors(rows),
        "deciles": coverage_deciles(rows),
        "claims": claim_fits(rows, table),
        "over time": {level.value: over_time(rows, level) for level in ALARMS},
        "kinds": _by_kind(rows),
        "trouble": _by_trouble(rows),
    }


def _by_kind(rows: Sequence[Row]) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for kind in sorted({r.truth.kind or "" for r in rows}):
        those = [r for r in rows if (r.truth.kind or "") == kind]
        found[kind or "clean"] = {
            "rooms": len(those),
            **{level.value: float(np.mean(alarm(those, level))) for level in ALARMS},
            "nothing_found": float(np.mean([r.verdict.level is Level.NOTHING_FOUND for r in those])),
            "inconclusive": float(np.mean([r.verdict.level is Level.INCONCLUSIVE for r in those])),
            "median_probability": float(np.median([r.verdict.probability for r in those])),
        }
    return found


def _by_trouble(rows: Sequence[Row]) -> dict[str, dict[str, float]]:
    found = {}
    for label, wanted in (("all senses well", False), ("a sense missing or failing", True)):
        those = [r for r in rows if bool(r.truth.notes["trouble"]) == wanted]
        truth, weight = truths(those)
        hit = alarm(those, Level.CHECK)
        found[label] = {
            "rooms": len(those),
            "false": share(hit[~truth], weight[~truth]),
            "detected": share(hit[truth], weight[truth]),
        }
    return found

"""Classifies and scores a track, with the reasons.

What is plainly something else (a lamp, an answer to the side light, a reflection that walks) is named by
rule. The rest is weighed by `lensdetect.lens_model`: the score is a probability as if lens and not-lens
were equally likely beforehand, so its logit is a log likelihood ratio.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from lensdetect.candidates import REFERENCE_WIDTH_PX
from lensdetect.config import LensConfig
from lensdetect.cycle_analysis import scale_of
from lensdetect.led_response import LedResponse
from lensdetect.lens_model import front_and_cone, hidden_share, load_model, red_nats, side2_nats, vector_of
from lensdetect.model import GlintLabel
from lensdetect.order_stats import median, quantile
from lensdetect.shading import focal_px
from lensdetect.track import GlintTrack

ANSWERS_SIDE = 0.72  # side/ring ratio from which on it is a mirror; a wide cone from afar stays below
LAMP_OFF_RATIO = 0.45  # this much of its light is there with every lamp of ours off
AREA_TOO_LARGE_PX = 250.0  # no lens of a few mm is larger, with blur and halo (at the reference width)
LARGEST_LENS_MM, RESOLVED_PX = 10.0, 60.0  # wider on the wall than that, and no mere blur: no lens
HALF_HIDDEN = 0.5  # from here on only what was not clipped counts for its answer to the side light
SMALLEST_AREA_SHARE = 0.3
ASPECT_LONG = 2.2
SLIP_FIXED, SLIPS = 0.15, 0.4  # share of the hand's motion that a fixed point, and a mirror image, may show
SLIP_NATS = 8.0
HALF_VIEW_DEG = 31.0  # of our own camera
CLIPPED_JUMP = 0.25  # one pixel over the smallest spread: see `difference.strength`
FALLOFF_SPREAD = 0.03  # deviation of sin² below which the angles seen say little
FALLOFF_NEUTRAL = -2.9  # as far from balls as tracks are on the average
MISSING_POSE_NATS = 3.0
FAINT_PX = 1.0  # an answer fainter than so many pixels of wall is texture
CAP_NATS = 6.0
NOT_ENOUGH_SCORE = 0.5  # looks like a lens, but was not seen from enough places: nothing is known
MEASURES = tuple(field.name for field in fields(LedResponse))
MEASURED = attrgetter(*MEASURES)
REASONS = (
    "lamp",
    "answers_side",
    "slips",
    "large",
    "long",
    "flash",
    "too_few_poses",
    "no_side",
    "ring_only",
    "ring_only_in_cone",
    "undecided",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Label, probability and the reason (a message key), with the numbers used."""

    label: GlintLabel
    score: float
    reason: str
    features: Mapping[str, float]


def features_of(track: GlintTrack, config: LensConfig, *, size: tuple[int, int]) -> dict[str, float]:
    """Return the numbers a track is judged by; NaN where unknown.

    Parameters
    ----------
    track : GlintTrack
        A point followed over the poses.
    config : LensConfig
        Field of view (°), usual distance and offset of the side light (m).
    size : (int, int)
        Width and height of the pictures, px.

    Returns
    -------
    dict of str to float
        Units are in the names; ratios and shares have none.

    Notes
    -----
    While the distance is not measured, the usual one of the settings stands in for it.
    """
    answers, width_px = track.answers, size[0]
    table = np.array([MEASURED(answer) for answer in answers], np.float64).T
    seen = dict(zip(MEASURES, table, strict=True))
    middle = dict(zip(MEASURES, _medians(table), strict=True))
    side = np.array(track.side_ratios)
    side = side[np.isfinite(side)]
    strength, beside, wall_mm2 = middle["strength_px"], middle["beside_mrad"], middle["wall_mm2"]
    beside2 = middle["beside2_mrad"]
    usual_mm_per_px = 1e3 * config.distance_m / focal_px(width_px, config.field_of_view_deg)
    if config.side2_offset_m is not None and not math.isfinite(beside2):
        beside2 = 1e3 * config.side2_offset_m / config.distance_m
    area_px = median(seen["area_px"])
    logs = np.log(np.maximum(seen["strength_px"], 0.1))
    return {
        "side_ratio": median(side),
        "red_ratio": middle["red_ratio"],
        "side2_ratio": middle["side2_ratio"],
        "beside2_mrad": beside2,
        "wall_dn": middle["wall_dn"],
        "falloff": _falloff(seen, logs, size),
        "side_plain": middle["side_plain"],
        "side_ratio_high": quantile(side, 0.8),
        "side_ratio_top": quantile(side, 0.9),
        "off_ratio": middle["off_ratio"],
        "area_px": area_px / area_scale(width_px),
        "aspect": middle["aspect"],
        "strength_px": strength,
        "beside_mrad": beside if math.isfinite(beside) else 1e3 * config.side_offset_m / config.distance_m,
        "wall_mm2": wall_mm2 if math.isfinite(wall_mm2) else strength * usual_mm_per_px**2,
        "size_mm": _size_mm(area_px, wall_mm2, strength),
        "flicker": 1.4826 * median(np.abs(logs - median(logs))),
        "sparkle": _sparkle(logs, clipped=seen["saturated"] > 0),
        "contrast_dn": middle["contrast_dn"],
        "saturated_share": float(seen["saturated"].mean()),
        "slip": track.slip(),
        "travel_px": track.travel_px() / scale_of(width_px),
        "seen_share": track.seen / max(track.looked_until_seen, 1),
        "cone": _cone(track),
        "poses": float(track.poses),
        "seen": float(track.seen),
    }


def _size_mm(area_px: float, wall_mm2: float, strength_px: float) -> float:
    """Return the diameter of a spot as if at the wall, blur included; NaN while the distance is unknown."""
    return math.sqrt(4 / math.pi * area_px * wall_mm2 / max(strength_px, 1e-6))


def _cone(track: GlintTrack) -> float:
    """Return 1 where it was lost towards the edge, −1 where it answered from everywhere, else 0."""
    if track.lost_beyond() is not None:
        return 1.0
    return -1.0 if track.seen_everywhere() else 0.0


def _falloff(
    seen: Mapping[str, NDArray[np.float64]], logs: NDArray[np.float64], size: tuple[int, int]
) -> float:
    """Return how ln strength changes with sin² of the angle of view; few angles say nothing either way.

    Notes
    -----
    The wall is taken for seen straight on in the middle of the picture. What returns light from everywhere (a
    ball) changes little; a lens fades towards the edge of its field of view.
    """
    half = math.tan(math.radians(HALF_VIEW_DEG)) / (size[0] / 2)
    x, y = seen["x_px"] - size[0] / 2, seen["y_px"] - size[1] / 2
    slope2 = (x * half) ** 2 + (y * half) ** 2
    sine2 = slope2 / (1 + slope2)
    off, spread = sine2 - sine2.mean(), float(sine2.var())
    known = spread / (spread + FALLOFF_SPREAD**2)
    slope = float((off * (logs - logs.mean())).mean()) / (spread + FALLOFF_SPREAD**2)
    return slope + (1 - known) * FALLOFF_NEUTRAL


def _sparkle(logs: NDArray[np.float64], *, clipped: NDArray[np.bool_]) -> float:
    """Return how much ln strength jumps from one sighting to the next; a slow change is none.

    A clipped spot is known by its full pixels: one more or less is a jump that says nothing.
    """
    jumps = np.abs(np.diff(logs))
    jumps = np.maximum(jumps - CLIPPED_JUMP * (clipped[1:] | clipped[:-1]), 0.0)
    return float(jumps.mean()) if len(jumps) else 0.0


def _medians(table: NDArray[np.float64]) -> list[float]:
    """Return the median of the finite values of each row, NaN where there are none."""
    finite = np.isfinite(table)
    ordered, count = np.sort(np.where(finite, table, np.inf), axis=1), finite.sum(axis=1)
    rows = np.arange(len(table))
    low, high = ordered[rows, np.maximum(count - 1, 0) // 2], ordered[rows, count // 2]
    return [float(value) for value in np.where(count, (low + high) / 2, np.nan)]


def area_scale(width_px: int) -> float:
    """Return the ratio of a spot's area to the one at the reference width.

    Parameters
    ----------
    width_px : int
        Width of the picture.

    Returns
    -------
    float
        Ratio of areas, at least `SMALLEST_AREA_SHARE`.

    Notes
    -----
    In a smaller picture the blur keeps its size while the lens shrinks, so the area falls more slowly.
    """
    share = width_px / REFERENCE_WIDTH_PX
    return share**2 if share > 1 else max(SMALLEST_AREA_SHARE, share)


def judge(track: GlintTrack, config: LensConfig, *, size: tuple[int, int]) -> Judgement:
    """Decide what a track is."""
    f = features_of(track, config, size=size)
    score = 1 / (1 + math.exp(-_nats(f, config)))
    label, reason = _name(f, score, config)
    if label != "lens":
        score = min(score, 0.99 * config.lens_score)
    if reason in {"too_few_poses", "no_side"}:
        score = min(score, NOT_ENOUGH_SCORE)
    if label in {"lamp", "specular", "reflector"}:
        score = min(score, 0.2)
    kept = {k: v for k, v in f.items() if math.isfinite(v)}
    return Judgement(label=label, score=score, reason=reason, features=kept)


def _nats(f: Mapping[str, float], config: LensConfig) -> float:
    second = 0.0
    if math.isfinite(f["side2_ratio"]) and math.isfinite(f["side_ratio"]):
        front, cone = front_and_cone(
            f["side_ratio"], f["beside_mrad"], side2_ratio=f["side2_ratio"], beside2_mrad=f["beside2_mrad"]
        )
        second = side2_nats(cone)
        f = {**f, "side_ratio": max(0.0, f["side_ratio"] - front)}
    nats = float(load_model().nats(vector_of(f))) + red_nats(f["red_ratio"]) + second
    nats -= MISSING_POSE_NATS * max(0.0, 1 - f["poses"] / config.min_poses)
    nats -= SLIP_NATS * max(0.0, f["slip"] - SLIP_FIXED)
    return min(max(nats, -CAP_NATS), CAP_NATS)


def _name(f: Mapping[str, float], score: float, config: LensConfig) -> tuple[GlintLabel, str]:
    rules: tuple[tuple[bool, GlintLabel, str], ...] = (
        (f["off_ratio"] > LAMP_OFF_RATIO, "lamp", "lamp"),
        (f["side_ratio"] > ANSWERS_SIDE, "specular", "answers_side"),
        (f["slip"] > SLIPS, "specular", "slips"),
        (f["area_px"] > AREA_TOO_LARGE_PX, "reflector", "large"),
        (f["size_mm"] > LARGEST_LENS_MM and f["area_px"] > RESOLVED_PX, "reflector", "large"),
        (f["aspect"] > ASPECT_LONG, "specular", "long"),
        (f["poses"] < config.min_poses and f["seen_share"] < 0.4, "specular", "flash"),
        (f["poses"] < config.min_poses, "unsure", "too_few_poses"),
        (not math.isfinite(f["side_ratio"]), "unsure", "no_side"),
        (f["side_plain"] > ANSWERS_SIDE and hidden_share(f) > HALF_HIDDEN, "unsure", "no_side"),
        (f["seen_share"] < config.min_seen_share or f["strength_px"] < FAINT_PX, "unsure", "undecided"),
        (score >= config.lens_score and f["cone"] > 0, "lens", "ring_only_in_cone"),
        (score >= config.lens_score, "lens", "ring_only"),
    )
    return next(((label, why) for true, label, why in rules if true), ("unsure", "undecided"))

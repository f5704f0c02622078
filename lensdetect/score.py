"""What a track is, how sure that is, and why.

Each feature gives a log likelihood ratio (nats) of "lens" against "anything else that shines", from the
physics of retroreflection; they are added within one sense and capped. The score is a probability as if lens
and not-lens were equally likely beforehand.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lensdetect.candidates import REFERENCE_WIDTH_PX
from lensdetect.config import LensConfig
from lensdetect.gaze import scale_of
from lensdetect.model import GlintLabel
from lensdetect.track import Track

CLEARLY_MIRROR_NATS = (
    -2.2
)  # weaker signs leave it undecided: wide cones from afar answer both lights a little
LAMP_OFF_RATIO = 0.45  # this much of its light is there with every lamp of ours off
SIDE_RATIO_EVEN = 0.53  # side/ring ratio at which lens and mirror are equally likely: mirrors give one
SIDE_RATIO_WIDTH = 0.14  # in ln units: how sharply that turns
AREA_ROUND_PX = 140.0  # a 2 mm lens at 0.3 m, with blur and halo, is no larger (at the reference width)
SMALLEST_AREA_SHARE = 0.3
AREA_TOO_LARGE_PX = 450.0
ASPECT_ROUND = 1.6
ASPECT_LONG = 2.2
SLIP_FIXED = 0.15
OFF_DARK = 0.15  # a lens is dark when our lights are; this much may be misalignment and noise
CONE_NATS = 0.4  # our own picture spans 62°, less than the cone of many lenses: little can be said
GATHER_EVEN_PX = 95.0  # strength over ln(ring/side): see `_gathering`
NARROW_NATS = 1.0  # strong and over a narrow cone: nothing but a cat's eye does that
GATHER_MATTERS_FROM = 0.1  # side ratio from which on a wide cone must be told from a weak ball of glass
FAINT_PX = 35.0  # an answer fainter than so many pixels of wall may be glass or texture
FLICKER_STEADY = 0.8  # deviation of ln strength over the poses: facets sparkle, a lens does not
CAP_NATS = 6.0
START_NATS = -3.2  # among bright points most are not lenses in shape alone
NOT_ENOUGH_SCORE = 0.5  # looks like a lens, but was not seen from enough places: nothing is known
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


def features_of(track: Track, *, width_px: int) -> dict[str, float]:
    """Return the numbers a track is judged by; NaN where unknown."""
    answers = track.answers
    side = np.array(track.side_ratios)
    off = np.array([a.off_ratio for a in answers])
    area = np.array([a.area_px for a in answers])
    return {
        "side_ratio": _median(side),
        "side_ratio_high": _quantile(side, 0.8),
        "side_ratio_top": _quantile(side, 0.9),
        "off_ratio": _median(off),
        "area_px": float(np.median(area)) / area_scale(width_px),
        "aspect": float(np.median([a.aspect for a in answers])),
        "strength_px": float(np.median([a.strength_px for a in answers])),
        "flicker": _flicker([a.strength_px for a in answers]),
        "contrast_dn": float(np.median([a.contrast_dn for a in answers])),
        "saturated_share": float(np.mean([a.saturated for a in answers])),
        "slip": track.slip(),
        "travel_px": track.travel_px() / scale_of(width_px),
        "seen_share": track.seen / max(track.looked_until_seen, 1),
        "cone": _cone(track),
        "poses": float(track.poses),
        "seen": float(track.seen),
    }


def _cone(track: Track) -> float:
    """Return 1 where it was lost towards the edge, −1 where it answered from everywhere, else 0."""
    if track.lost_beyond() is not None:
        return 1.0
    return -1.0 if track.seen_everywhere() else 0.0


def _flicker(strengths: Sequence[float]) -> float:
    logs = np.log(np.maximum(strengths, 0.1))
    return 1.4826 * float(np.median(np.abs(logs - np.median(logs))))


def _quantile(values: NDArray[np.float64], share: float) -> float:
    known = values[np.isfinite(values)]
    return float(np.quantile(known, share)) if len(known) else math.nan


def _median(values: NDArray[np.float64]) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else math.nan


def area_scale(width_px: int) -> float:
    """Return how much larger the same spot is than at the reference width.

    In a smaller picture the blur keeps its size while the lens shrinks, so the area falls more slowly.
    """
    share = width_px / REFERENCE_WIDTH_PX
    return share**2 if share > 1 else max(SMALLEST_AREA_SHARE, share)


def judge(track: Track, config: LensConfig, *, width_px: int) -> Judgement:
    """Decide what a track is."""
    f = features_of(track, width_px=width_px)
    parts = _parts(f, config)
    log_lr = float(np.clip(START_NATS + sum(parts.values()), -CAP_NATS, CAP_NATS))
    score = 1 / (1 + math.exp(-log_lr))
    label, reason = _name(f, parts, score, config)
    if label != "lens":
        score = min(score, 0.99 * config.lens_score)
    if reason in {"too_few_poses", "no_side"}:
        score = min(score, NOT_ENOUGH_SCORE)
    if label in {"lamp", "specular", "reflector"}:
        score = min(score, 0.2)
    kept = {k: v for k, v in f.items() if math.isfinite(v)}
    return Judgement(label=label, score=score, reason=reason, features=kept)


def _parts(f: Mapping[str, float], config: LensConfig) -> dict[str, float]:
    """Return nats by feature."""
    parts: dict[str, float] = {}
    if math.isfinite(f["side_ratio"]):
        worst = max(f["side_ratio"], 0.7 * f["side_ratio_high"], 0.45 * f["side_ratio_top"], 0.01)
        parts["side"] = float(np.clip(-math.log(worst / SIDE_RATIO_EVEN) / SIDE_RATIO_WIDTH, -5.0, 3.0))
    if math.isfinite(f["off_ratio"]):
        parts["off"] = 0.3 if f["off_ratio"] <= OFF_DARK else -10.0 * (min(f["off_ratio"], 1.0) - OFF_DARK)
    parts["strength"] = float(np.clip(1.5 * math.log(max(f["strength_px"], 1.0) / FAINT_PX), -2.5, 0.0))
    parts["gather"] = _gathering(f["strength_px"], f["side_ratio"])
    parts["flicker"] = (
        0.3 if f["flicker"] <= FLICKER_STEADY else -2.5 * min(f["flicker"] - FLICKER_STEADY, 1.5)
    )
    area = f["area_px"]
    parts["area"] = 0.3 if area <= AREA_ROUND_PX else -2.0 * math.log(min(area, 5e3) / AREA_ROUND_PX)
    parts["shape"] = 0.3 if f["aspect"] <= ASPECT_ROUND else -3.0 * (min(f["aspect"], 4.0) - ASPECT_ROUND)
    parts["slip"] = 0.3 if f["slip"] <= SLIP_FIXED else -8.0 * min(f["slip"] - SLIP_FIXED, 0.6)
    missing = 1 - f["poses"] / config.min_poses
    parts["poses"] = 1.5 if missing <= 0 else -3.0 * missing
    parts["seen"] = 10.0 * (min(f["seen_share"], 0.85) - config.min_seen_share)
    parts["cone"] = CONE_NATS * f["cone"]
    return parts


def _gathering(strength_px: float, side_ratio: float) -> float:
    """Return nats for how much light the thing gathers, where it answers the side light a little.

    Notes
    -----
    A Gaussian return cone θ at distance d gives side/ring = exp(−b²/(dθ)²) for lights b apart, and a strength
    in proportion to Aρ/(dθ)². So strength/ln(ring/side) is in proportion to Aρ/b²: what the thing gathers,
    whatever the distance. An uncoated ball of glass gathers less than a lens does.
    """
    if math.isnan(side_ratio):
        return 0.0
    if side_ratio <= GATHER_MATTERS_FROM:
        return NARROW_NATS if strength_px >= GATHER_EVEN_PX else 0.0
    gathered = strength_px / max(-math.log(min(side_ratio, 0.95)), 0.05)
    weight = min(1.0, (side_ratio - GATHER_MATTERS_FROM) / GATHER_MATTERS_FROM)
    return weight * float(np.clip(3.0 * math.log(max(gathered, 1.0) / GATHER_EVEN_PX), -2.2, 0.6))


def _name(
    f: Mapping[str, float], parts: Mapping[str, float], score: float, config: LensConfig
) -> tuple[GlintLabel, str]:
    rules: tuple[tuple[bool, GlintLabel, str], ...] = (
        (f["off_ratio"] > LAMP_OFF_RATIO, "lamp", "lamp"),
        (parts.get("side", 0.0) < CLEARLY_MIRROR_NATS, "specular", "answers_side"),
        (f["slip"] > 0.4, "specular", "slips"),
        (f["area_px"] > AREA_TOO_LARGE_PX, "reflector", "large"),
        (f["aspect"] > ASPECT_LONG, "specular", "long"),
        (f["poses"] < config.min_poses and f["seen_share"] < 0.4, "specular", "flash"),
        (f["poses"] < config.min_poses, "unsure", "too_few_poses"),
        (not math.isfinite(f["side_ratio"]), "unsure", "no_side"),
        (score >= config.lens_score and f["cone"] > 0, "lens", "ring_only_in_cone"),
        (score >= config.lens_score, "lens", "ring_only"),
        (parts["area"] < -0.7, "reflector", "large"),
    )
    return next(((label, why) for true, label, why in rules if true), ("unsure", "undecided"))

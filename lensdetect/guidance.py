"""Chooses what the inspector should do next, as the key of one short sentence."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

GuidanceKey = Literal[
    "go_on", "hold", "slower", "closer", "farther", "tilt_left", "tilt_right", "uncover", "check_light"
]
GUIDANCE_KEYS: tuple[GuidanceKey, ...] = (
    "go_on",
    "hold",
    "slower",
    "closer",
    "farther",
    "tilt_left",
    "tilt_right",
    "uncover",
    "check_light",
)
BRIGHT_WALL_DN = 150.0  # a wall this bright leaves a lens nothing to stand out with
FAINT_WALL_DN = 4.0
BESIDE_TELLS_MRAD = 110.0  # nearer than that, neither a lens nor a ball of glass answers the side light
BESIDE_GIVES_MRAD = 60.0  # farther than that, coming closer costs nothing of what the side light tells
FAINT_SUSPECT_DN = 40.0  # what a spot gives to the side light drowns below this
CENTRED_SHARE = 0.22  # of the picture's width around its middle: looked at straight on


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """The state of a scan by which guidance is chosen.

    ``suspect_x_share`` is where the strongest undecided point stands across the picture (0 left, 1 right),
    None where there is none; ``suspect_seen_left``/``right`` say in which halves it was already seen,
    ``suspect_beside_mrad`` how far beside our lens it sees the side light (0 while the distance is unknown),
    ``suspect_contrast_dn`` how far it stands over the wall.
    """

    trouble: str
    too_fast: bool
    lit_wall_dn: float
    too_far: bool = False
    suspect_x_share: float | None = None
    suspect_seen_left: bool = False
    suspect_seen_right: bool = False
    suspect_beside_mrad: float = 0.0
    suspect_contrast_dn: float = math.inf


def guide(situation: Situation) -> GuidanceKey:
    """Return the one thing to do next, the most pressing first."""
    if situation.trouble in {"covered", "dark", "frozen"}:
        return "uncover"
    if situation.trouble in {"led_dead", "led_stuck", "led_unclear"}:
        return "check_light"
    if situation.trouble == "blown_out" or situation.lit_wall_dn > BRIGHT_WALL_DN:
        return "farther"
    if situation.too_fast:
        return "slower"
    if situation.too_far or situation.lit_wall_dn < FAINT_WALL_DN:
        return "closer"
    return _towards_suspect(situation)


def _towards_suspect(situation: Situation) -> GuidanceKey:
    x = situation.suspect_x_share
    if x is None:
        return "go_on"
    if situation.suspect_beside_mrad > BESIDE_TELLS_MRAD:
        return "farther"
    if situation.suspect_contrast_dn < FAINT_SUSPECT_DN and situation.suspect_beside_mrad < BESIDE_GIVES_MRAD:
        return "closer"
    if not situation.suspect_seen_left and x <= 0.5 + CENTRED_SHARE:
        return "tilt_left"
    if not situation.suspect_seen_right and x >= 0.5 - CENTRED_SHARE:
        return "tilt_right"
    return "hold"

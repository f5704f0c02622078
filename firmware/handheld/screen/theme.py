"""Colours that the colour-blind tell apart as well; every level has a shape and a word too.

The level colours come from the Okabe-Ito palette (sky blue, orange, vermillion), which stays distinct
under the common colour vision deficiencies; they are lightened on the dark theme for contrast.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from firmware.verdict.model import Level

ThemeName = Literal["dark", "bright"]
Rgb = tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """Named colours. ``level_ink`` writes on ``level_fill``."""

    ground: Rgb
    card: Rgb
    rule: Rgb
    text: Rgb
    dim: Rgb
    accent: Rgb
    warn: Rgb
    level_fill: Mapping[Level, Rgb]
    level_ink: Mapping[Level, Rgb]


SKY, ORANGE, VERMILLION, BLUE = (86, 180, 233), (240, 170, 30), (235, 110, 45), (0, 114, 178)
INK, PAPER = (10, 13, 18), (255, 255, 255)

DARK = Theme(
    ground=INK,
    card=(24, 30, 39),
    rule=(56, 65, 79),
    text=(244, 246, 249),
    dim=(164, 174, 189),
    accent=SKY,
    warn=ORANGE,
    level_fill={
        Level.INCONCLUSIVE: (74, 84, 99),
        Level.NOTHING_FOUND: (20, 64, 96),
        Level.CHECK: ORANGE,
        Level.LIKELY_CAMERA: VERMILLION,
    },
    level_ink={
        Level.INCONCLUSIVE: PAPER,
        Level.NOTHING_FOUND: (218, 240, 255),
        Level.CHECK: INK,
        Level.LIKELY_CAMERA: INK,
    },
)

BRIGHT = Theme(
    ground=PAPER,
    card=(236, 239, 243),
    rule=(178, 186, 198),
    text=(14, 18, 25),
    dim=(74, 84, 99),
    accent=BLUE,
    warn=(160, 80, 0),
    level_fill={
        Level.INCONCLUSIVE: (206, 212, 221),
        Level.NOTHING_FOUND: (170, 219, 248),
        Level.CHECK: (255, 190, 60),
        Level.LIKELY_CAMERA: (240, 120, 60),
    },
    level_ink=dict.fromkeys(Level, INK),
)

THEMES: Mapping[ThemeName, Theme] = {"dark": DARK, "bright": BRIGHT}

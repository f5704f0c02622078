"""States to draw: ordinary ones, and the worst that can happen to a layout."""

from __future__ import annotations

from typing import get_args

from firmware.handheld.screen.state import Condition, ScreenState, SensorBadge
from firmware.i18n.catalog import Language, Sentence, plain
from firmware.verdict.advice import Advice
from firmware.verdict.model import Level
from hw.types import SENSOR_NAMES

PANELS = (((320, 240), "RGB"), ((240, 240), "RGB"), ((128, 64), "1"))
KINDS = ("wifi-stream", "wifi-idle", "card", "wired", "analog-low", "analog-high", "cellular")
PROBABILITY = {
    Level.INCONCLUSIVE: 0.005,
    Level.NOTHING_FOUND: 0.0031,
    Level.CHECK: 0.34,
    Level.LIKELY_CAMERA: 0.93,
}
LONG_NAME = "\u202eWWWWWWWWWWWW 아주 긴 이름의 공유기 gggggjjjjj\u0301\u0301\u0301 \U0001f4f7"


def ordinary(level: Level, lang: Language) -> ScreenState:
    """Return a home page as it looks in the middle of a scan."""
    found = level in {Level.CHECK, Level.LIKELY_CAMERA}
    word = plain("CAM-4F21 · 1.2 Mbit/s ↑")
    sensors = (
        SensorBadge(name="rf", state="running", coverage=0.82),
        SensorBadge(
            name="wifi", state="running", coverage=0.45, alert=found, headline=word if found else None
        ),
        SensorBadge(name="ble", state="finished", coverage=1.0),
        SensorBadge(name="lens", state="missing")
        if level is Level.INCONCLUSIVE
        else SensorBadge(name="lens", state="lost" if found else "running", coverage=0.61),
    )
    return ScreenState(
        level=level,
        probability=PROBABILITY[level],
        prior=0.005,
        share_caught=0.61,
        sensors=sensors,
        lang=lang,
        scanning=True,
        progress=0.42,
        elapsed_s=42.0,
        blind_to=("kind.card",),
        advice=Advice.of("next.lens"),
        simulated=True,
        battery=0.7,
    )


def worst(level: Level, lang: Language, condition: Condition) -> ScreenState:
    """Return a page whose every text is as long as it gets."""
    name = Sentence(key="screen.verbatim", params={"text": LONG_NAME * 3})
    sensors = tuple(
        SensorBadge(name=n, state=condition, coverage=1.0, alert=True, headline=name) for n in SENSOR_NAMES
    )
    return ScreenState(
        level=level,
        probability=0.99999,
        prior=0.00001,
        share_caught=0.9999,
        sensors=sensors,
        lang=lang,
        progress=1.0,
        elapsed_s=99 * 3600 + 3599,
        reasons=(name, name),
        blind_to=tuple(f"kind.{k}" for k in KINDS),
        advice=Advice.of("next.wifi"),
        simulated=True,
        battery=0.05,
    )


CONDITIONS: tuple[Condition, ...] = get_args(Condition)

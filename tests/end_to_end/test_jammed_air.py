"""A jammer that drowns most frames: the camera is found or the word is INCONCLUSIVE, never NOTHING FOUND."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from firmware.runtime.session import inspect
from firmware.settings.settings import Settings
from firmware.verdict.model import Level, Verdict
from hw.sim.radio import SimRadio
from hw.types import Dot11Batch

LASTING_S = 30.0
LOST = (0.95, 0.98, 0.995, 0.999)


def judged(scene: str, lost: float, monkeypatch: pytest.MonkeyPatch) -> Verdict:
    """Scan the Wi-Fi of a simulated room of which a share of all frames is drowned."""
    rng, read = np.random.default_rng(3), SimRadio.read

    def jammed(radio: SimRadio, **asked: Any) -> Dot11Batch:
        batch = read(radio, **asked)
        kept = np.flatnonzero(rng.random(len(batch.starts)) >= lost)
        columns = ("starts", "lengths", "wire_lengths", "times_ns")
        return replace(batch, **{name: getattr(batch, name)[kept] for name in columns})

    monkeypatch.setattr(SimRadio, "read", jammed)
    done = inspect(f"sim:{scene}?seed=1", Settings(), only={"wifi"}, until_s=LASTING_S)
    return done.snapshot.verdict


@pytest.mark.parametrize("lost", LOST)
def test_a_camera_behind_a_jammer_is_found_or_the_scan_is_inconclusive(
    lost: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    verdict = judged("wifi-camera", lost, monkeypatch)
    assert verdict.level is (Level.CHECK if lost < 0.99 else Level.INCONCLUSIVE)


@pytest.mark.parametrize("lost", LOST)
def test_an_empty_room_behind_a_jammer_is_inconclusive(lost: float, monkeypatch: pytest.MonkeyPatch) -> None:
    verdict = judged("empty-room", lost, monkeypatch)
    assert verdict.level is Level.INCONCLUSIVE
    assert verdict.share_caught < 0.25

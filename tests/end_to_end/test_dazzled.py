"""Light and radio that blind the unit: it finds the camera or says that it is blind, never NOTHING FOUND.

All strengths, with and without a camera: ``python -m tests.benchmarks.dazzled``.
"""

from __future__ import annotations

import pytest

from firmware.runtime.session import inspect
from firmware.settings.settings import Settings
from firmware.verdict.model import Level
from tests.end_to_end.dazzling import LIGHTS, Light, floodlight, jam, mirror, noise, shine, torch

LASTING_S = 16.0  # a little longer than the least that a sensor has to look


@pytest.mark.parametrize("light", [floodlight, torch])
def test_a_light_that_blinds_is_said(light: Light, monkeypatch: pytest.MonkeyPatch) -> None:
    shine(monkeypatch, light, LIGHTS[light][-1])
    done = inspect("sim:card-camera?seed=1", Settings(), only={"lens"}, until_s=LASTING_S)
    verdict = done.snapshot.verdict
    assert verdict.level is Level.INCONCLUSIVE
    assert "lens" in verdict.failed
    assert verdict.share_caught == 0.0


def test_a_mirror_hides_no_wall_that_counts_as_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    shine(monkeypatch, mirror, LIGHTS[mirror][-1])
    done = inspect("sim:card-camera?seed=1", Settings(), only={"lens"}, until_s=LASTING_S)
    assert done.snapshot.verdict.level is not Level.NOTHING_FOUND
    assert done.snapshot.verdict.share_caught < 0.2


def test_a_jammer_that_drowns_the_receiver_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    jam(monkeypatch, noise, -40.0)
    done = inspect("sim:empty-room?seed=1", Settings(), only={"rf"}, until_s=LASTING_S)
    assert done.snapshot.verdict.level is Level.INCONCLUSIVE
    assert "rf" in done.snapshot.verdict.failed
    assert done.snapshot.verdict.share_caught == 0.0

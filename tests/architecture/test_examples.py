"""The example in each package's docstring runs as it stands, on simulated devices."""

from __future__ import annotations

import importlib
import textwrap
from typing import Any

import pytest

from firmware.runtime.session import inspect
from firmware.settings.settings import load_settings
from hw.clock import ManualClock
from hw.config import HwConfig
from hw.kit import open_device
from lensdetect.config import LensConfig
from lensdetect.finder import LensFinder
from sweeper.config import SweeperConfig
from sweeper.sweeper import Sweeper
from wifiscan.config import WifiConfig
from wifiscan.scanner import WifiScanner

LEFT_BEHIND = {
    "hw": "block",
    "sweeper": "strongest",
    "wifiscan": "covered",
    "lensdetect": "lenses",
    "firmware": "level",
}


def names() -> dict[str, Any]:
    """Return what the examples take for granted: classes, one clock, and devices of a simulated room."""
    clock = ManualClock()
    small = HwConfig.model_validate({"camera": {"width_px": 320, "height_px": 240}})

    def device(role: str) -> Any:
        return open_device(role, spec="sim:empty-room", config=small, clock=clock)

    camera, leds = device("camera")
    camera.configure(small.camera)
    classes = (HwConfig, LensConfig, LensFinder, ManualClock, Sweeper, SweeperConfig, WifiConfig, WifiScanner)
    given = {"clock": clock, "sdr": device("sdr"), "radio": device("monitor"), "camera": camera, "leds": leds}
    calls = {"open_device": open_device, "inspect": inspect, "load_settings": load_settings}
    return {c.__name__: c for c in classes} | given | calls


@pytest.mark.parametrize("package", LEFT_BEHIND)
def test_the_example_of_a_package_runs(package: str) -> None:
    said = importlib.import_module(package).__doc__ or ""
    _, _, block = said.partition("::\n")
    lines = [line for line in textwrap.dedent(block).strip().splitlines() if line]
    assert len(lines) == 3, block
    scope = names()
    exec(compile("\n".join(lines), f"{package}/__init__.py", "exec"), scope)  # noqa: S102 - our own docstring
    assert scope[LEFT_BEHIND[package]] is not None

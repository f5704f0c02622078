"""Makes the golden sessions anew: ``python -m tests.sessions.make``. Only when a change of result is meant.

Each is a recording of a simulated room, smaller than 1 MB, with the JSON lines that it must give beside it.
The recordings themselves need not change when detectors do: ``--lines`` writes only the expected lines.
"""

from __future__ import annotations

import argparse
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from firmware.cli import jsonl
from firmware.runtime.session import inspect
from firmware.settings.settings import Settings, load_settings
from hw.clock import ManualClock
from hw.kit import open_device
from hw.replay.recorder import Recorder
from hw.types import SensorName

HERE = Path(__file__).parent
SCENE = "tests/sessions/camera-and-router.toml"  # relative, so that no manifest names a machine's folders
WALL_NS = 1_760_000_000_000_000_000  # a fixed wall clock, so that nothing depends on the day it was made
MOST_BYTES = 1_000_000
SETTINGS = load_settings()
GOLDEN: dict[str, SensorName] = {"rf-video": "rf", "wifi-camera": "wifi", "ble": "ble", "lens": "lens"}


def settings_of(name: str) -> Settings:
    """Return the settings under which a session is replayed: the packaged ones."""
    del name
    return SETTINGS


def replayed(name: str, folder: Path) -> str:
    """Return the JSON lines that a session gives now."""
    outcome = inspect(f"replay:{folder}", settings_of(name), only={GOLDEN[name]})
    return "\n".join(jsonl.lines(outcome.observations, outcome.counts, outcome.snapshot.verdict)) + "\n"


def record_sense(folder: Path, sense: SensorName, *, seconds: float, overrides: Sequence[str]) -> None:
    """Record one sensor of the small scene for some seconds."""
    settings = load_settings(overrides=overrides)
    inspect(f"sim:{SCENE}", settings, only={sense}, until_s=seconds, record_to=folder)


def record_video(folder: Path) -> None:
    """Record one read of 0.19 s from the edge of an analog camera's signal."""
    clock = ManualClock()
    sdr = open_device("sdr", spec="sim:analog-camera", config=SETTINGS.hw, clock=clock)
    with Recorder(folder, wall_ns=WALL_NS, kit="sim:analog-camera") as recorder:
        tapped = recorder.wrap("sdr", sdr, clock=clock)
        tapped.tune(center_hz=1161.5e6)
        tapped.read(count=round(0.19 * SETTINGS.hw.sdr.rate_hz))
        tapped.close()


def record_all() -> None:
    """Record every session."""
    os.chdir(HERE.parents[1])
    eye = ["hw.camera.width_px=160", "hw.camera.height_px=120", "hw.camera.rate_hz=30"]
    for name in GOLDEN:
        shutil.rmtree(HERE / name, ignore_errors=True)
    record_video(HERE / "rf-video")
    record_sense(HERE / "wifi-camera", "wifi", seconds=30.0, overrides=["hw.monitor.snap_length=96"])
    record_sense(HERE / "ble", "ble", seconds=6.0, overrides=[])
    record_sense(HERE / "lens", "lens", seconds=3.2, overrides=eye)


def main() -> None:
    """Make what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", action="store_true", help="keep the recordings, write the expected lines")
    if not parser.parse_args().lines:
        record_all()
    for name in GOLDEN:
        (HERE / f"{name}.jsonl").write_text(replayed(name, HERE / name), encoding="utf-8")
        size = sum(p.stat().st_size for p in (HERE / name).rglob("*") if p.is_file())
        print(f"{name}: {size / 1000:.0f} kB, {(HERE / f'{name}.jsonl').stat().st_size} bytes of lines")


if __name__ == "__main__":
    main()

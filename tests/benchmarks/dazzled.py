"""Attacks with light and radio at three strengths, with a camera in the room and without.

    python -m tests.benchmarks.dazzled [--attack torch television …] [--seconds 16]

Method: each attack of `tests.end_to_end.dazzling` is added to the simulated camera or receiver. The sensor
scans a room with the camera that only it can find, and an empty one. Counted: scans that end with NOTHING
FOUND though the camera is there; scans that neither found it nor said that the sensor failed; and scans of
the empty room that end with LIKELY CAMERA. Exit code 1 where there is one.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

import pytest

from firmware.runtime.session import inspect
from firmware.settings.settings import Settings
from firmware.verdict.model import Level
from hw.types import SensorName
from tests.benchmarks.results import record
from tests.end_to_end.dazzling import LIGHTS, RADIOS, Light, Radio, jam, shine

FOUND = {Level.CHECK, Level.LIKELY_CAMERA}
ROOMS = {"lens": ("card-camera", "empty-room"), "rf": ("analog-camera", "empty-room")}


def main() -> None:
    """Run the attacks that were asked for, print one row each and record two figures for each attack."""
    every: dict[str, Light | Radio] = {attack.__name__: attack for attack in LIGHTS}
    every |= {attack.__name__: attack for attack in RADIOS}
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--attack", choices=sorted(every), nargs="+", default=sorted(every))
    parser.add_argument("--seconds", type=float, default=16.0)
    asked = parser.parse_args()
    wrong = 0
    for name in asked.attack:
        missed, unsaid, false = measure(every[name], asked.seconds)
        command = f"python -m tests.benchmarks.dazzled --attack {name}"
        note = f"3 strengths, {asked.seconds:g} s each"
        record(f"dazzled.{name}_missed", missed, "NOTHING FOUND", command, seed=1, note=note)
        record(f"dazzled.{name}_unsaid", unsaid, "scans", command, seed=1, note=f"camera there; {note}")
        record(f"dazzled.{name}_false", false, "LIKELY CAMERA", command, seed=1, note=f"no camera; {note}")
        wrong += missed + unsaid + false
    sys.exit(bool(wrong))


def measure(attack: Light | Radio, seconds: float) -> tuple[int, int, int]:
    """Scan both rooms under an attack at each strength.

    Parameters
    ----------
    attack : Light or Radio
        Of `tests.end_to_end.dazzling`.
    seconds : float
        Length of each scan, s.

    Returns
    -------
    missed, unsaid, false : int
        Scans with the camera that ended with NOTHING FOUND; that neither found it nor said that the sensor
        was blind or had caught next to nothing; and scans of the empty room that ended with LIKELY CAMERA.
    """
    sensor: SensorName = "lens" if attack in LIGHTS else "rf"
    strengths: dict[Any, tuple[float, float, float]] = {**LIGHTS, **RADIOS}
    missed = unsaid = false = 0
    for strength in strengths[attack]:
        for room in ROOMS[sensor]:
            with pytest.MonkeyPatch.context() as patch:
                (shine if sensor == "lens" else jam)(patch, attack, strength)  # type: ignore[arg-type]
                scanned = inspect(f"sim:{room}?seed=1", Settings(), only={sensor}, until_s=seconds)
            verdict = scanned.snapshot.verdict
            level = verdict.level
            if room == ROOMS[sensor][0]:
                missed += level is Level.NOTHING_FOUND
                unsaid += level not in FOUND and not (level is Level.INCONCLUSIVE and verdict.failed)
            else:
                false += level is Level.LIKELY_CAMERA
            row = f"{attack.__name__:12} {strength:9g} {room:14} {level.name:14}"
            print(f"{row} share {verdict.share_caught:.2f} failed {verdict.failed}", flush=True)
    return missed, unsaid, false


if __name__ == "__main__":
    main()

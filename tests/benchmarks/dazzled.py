"""Attacks with light and radio at three strengths, with a camera in the room and without.

    python -m tests.benchmarks.dazzled [--only lens,rf] [--seconds 16]

Method: each attack of `tests.end_to_end.dazzling` is added to the simulated camera or receiver. The sensor
scans a room with the camera that only it can find, and an empty one. Counted: scans that end with NOTHING
FOUND though the camera is there, and scans of the empty room that end with LIKELY CAMERA. Exit code 1 where
there is one.
"""

from __future__ import annotations

import argparse
import sys

import pytest

from firmware.runtime.session import inspect
from firmware.settings.settings import Settings
from firmware.verdict.model import Level
from tests.benchmarks.results import record
from tests.end_to_end.dazzling import LIGHTS, RADIOS, jam, shine

ROOMS = {"lens": ("card-camera", "empty-room"), "rf": ("analog-camera", "empty-room")}


def main() -> None:
    """Run every attack and print one row each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="lens,rf")
    parser.add_argument("--seconds", type=float, default=16.0)
    asked = parser.parse_args()
    wrong = 0
    for sensor in asked.only.split(","):
        attacks = LIGHTS if sensor == "lens" else RADIOS
        missed, false, scans = 0, 0, 0
        for attack, strengths in attacks.items():
            for strength in strengths:
                for room in ROOMS[sensor]:
                    with pytest.MonkeyPatch.context() as patch:
                        (shine if sensor == "lens" else jam)(patch, attack, strength)  # type: ignore[arg-type]
                        scanned = inspect(
                            f"sim:{room}?seed=1", Settings(), only={sensor}, until_s=asked.seconds
                        )
                    verdict = scanned.snapshot.verdict
                    with_camera = room == ROOMS[sensor][0]
                    missed += with_camera and verdict.level is Level.NOTHING_FOUND
                    false += not with_camera and verdict.level is Level.LIKELY_CAMERA
                    scans += 1
                    row = f"{attack.__name__:12} {strength:9g} {room:14} {verdict.level.name:14}"
                    print(f"{row} share {verdict.share_caught:.2f} failed {verdict.failed}", flush=True)
        command = f"python -m tests.benchmarks.dazzled --only {sensor}"
        note = f"{scans // 2} attacks, {asked.seconds:g} s each"
        record(f"dazzled.{sensor}_missed", missed, "NOTHING FOUND", command, seed=1, note=note)
        record(f"dazzled.{sensor}_false", false, "LIKELY CAMERA", command, seed=1, note=note)
        wrong += missed + false
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()

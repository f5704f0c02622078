"""Where this unit's calibrations are kept: TOML for the lens, JSON for the receiver; real devices only."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_data_path

from firmware.settings import Settings
from hw.kit import parse_spec
from lensdetect.calibration import Calibration, load_calibration

FOLDER = "calibration"
LENS_FILE = "lens.toml"
RF_FILE = "rf.json"


def calibration_folder() -> Path:
    """Return the folder of this unit's calibrations; it may not exist yet."""
    return user_data_path("ansim") / FOLDER


def keep(name: str, text: str, *, folder: Path | None = None) -> Path:
    """Store one calibration so that a power cut leaves the old one or the new one, never half of one."""
    target = (folder or calibration_folder()) / name
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_suffix(".new")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(target)
    return target


def lens_calibration(spec: str, *, folder: Path | None = None) -> Calibration | None:
    """Return what was measured of this unit's camera; nothing for a recorded or simulated one.

    Raises
    ------
    BadCalibration
        The stored file cannot be read.
    """
    path = (folder or calibration_folder()) / LENS_FILE
    if parse_spec(spec)[0] != "pi" or not path.is_file():
        return None
    return load_calibration(path.read_text(encoding="utf-8"))


def with_own_lines(spec: str, settings: Settings, *, folder: Path | None = None) -> Settings:
    """Return settings whose sweep masks the lines this unit has learned of itself.

    A file named in the settings goes before; a recorded or simulated receiver is not this unit's.
    """
    path = (folder or calibration_folder()) / RF_FILE
    if settings.rf.self_noise is not None or parse_spec(spec)[0] != "pi" or not path.is_file():
        return settings
    return settings.model_copy(update={"rf": settings.rf.model_copy(update={"self_noise": str(path)})})

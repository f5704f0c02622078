"""Stores and loads this unit's calibrations: TOML for the lens, JSON for the receiver; real devices only."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_data_path

from firmware.settings.settings import Settings
from hw.errors import HwError
from hw.kit import parse_spec
from hw.replay.manifest import read_manifest
from lensdetect.calibration import Calibration, load_calibration

FOLDER = "calibration"
LENS_FILE = "lens.toml"
RF_FILE = "rf.json"
SURVEY_FILE = "survey.json"


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
    """Return the calibration of this unit's camera; none for a recorded or simulated one.

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
    """Return settings by which the RF sensor knows what this unit has learned of itself.

    A file named in the settings goes before; a recorded or simulated receiver is not this unit's.
    """
    if parse_spec(spec)[0] != "pi":
        return settings
    own = {"self_noise": RF_FILE, "survey_baseline": SURVEY_FILE}
    paths = {field: (folder or calibration_folder()) / name for field, name in own.items()}
    learned = {
        field: str(path)
        for field, path in paths.items()
        if getattr(settings.rf, field) is None and path.is_file()
    }
    if not learned:
        return settings
    return settings.model_copy(update={"rf": settings.rf.model_copy(update=learned)})


def with_distance(spec: str, settings: Settings, *, folder: Path | None = None) -> Settings:
    """Return settings that say how the lens sensor knows the distance to the wall.

    Lamps differ, so a real unit measures it only once a tape was held against it (`calibrate lens
    --distance`). Simulated lamps are even. A recording is read as it was taken: its manifest says so.
    """
    if settings.lens.distance_factor is not None:
        return settings
    backend, target = parse_spec(settings.hw.backend.get("camera", spec))
    factor: float | None = None
    if backend == "sim":
        factor = 1.0
    elif backend == "pi":
        own = lens_calibration("pi", folder=folder)
        factor = None if own is None else own.distance_factor
    else:
        factor = _recorded_factor(Path(target))
    return settings.model_copy(update={"lens": settings.lens.model_copy(update={"distance_factor": factor})})


def _recorded_factor(session: Path) -> float | None:
    try:
        manifest = read_manifest(session)
    except HwError:
        return None  # opening it says what is wrong with it
    if manifest is None:
        return None
    told = manifest.settings.get("lens", {})
    factor = told.get("distance_factor") if isinstance(told, dict) else None
    if manifest.kit.startswith("sim:"):
        return 1.0
    return float(factor) if isinstance(factor, int | float) and 0.01 <= factor <= 100.0 else None

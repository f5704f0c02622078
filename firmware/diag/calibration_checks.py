"""Self-tests of this unit's calibrations: the camera's, and the receiver's own lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from firmware.diag.model import Check, failed, passed, warned
from firmware.settings.calibration import LENS_FILE, RF_FILE
from lensdetect.calibration import TargetReading, load_calibration
from lensdetect.errors import BadCalibration
from sweeper.errors import BadProfile
from sweeper.selfnoise import NoiseProfile, load_profile

# Lights age, lenses get scratched, lines drift; half a year between two visits.
AGE_DAYS = 180
# A unit's lines move with its temperature: 30 ppm at this difference (sweeper.selfnoise).
WARMER_C = 25.0
BYTES_MOST = 1_000_000
DAY_NS = 86_400_000_000_000


def calibration_checks(
    folder: Path, *, now_ns: int, expected: bool, self_noise: str | None, temperature_c: float | None
) -> Iterator[Check]:
    """Yield one check a calibration; where none is ``expected``, only of those that are there.

    Parameters
    ----------
    self_noise : str, optional
        The file by which the sweep masks the unit's own lines (``rf.self_noise``).
    temperature_c : float, optional
        Of the unit, now.

    Yields
    ------
    Check
        One result a calibration file, in the order lens, rf.
    """
    camera, receiver = folder / LENS_FILE, folder / RF_FILE
    if expected or camera.is_file():
        yield lens(camera, now_ns=now_ns)
    if expected or receiver.is_file():
        yield own_lines(receiver, now_ns=now_ns, used=self_noise, temperature_c=temperature_c)


def lens(path: Path, *, now_ns: int) -> Check:
    """Check that the camera was calibrated, not too long ago, and that the file can be read."""
    return _checked("calibration.lens", path, lambda text: _camera(path, text, now_ns))


def own_lines(
    path: Path, *, now_ns: int, used: str | None = None, temperature_c: float | None = None
) -> Check:
    """Check that the receiver's own lines were learned at about this temperature and are masked.

    Parameters
    ----------
    path : Path
        The profile that `ansim calibrate rf` wrote.
    now_ns : int, ns
        Wall clock now, ns since 1970.
    used : str, optional
        The file by which the sweep masks lines (``rf.self_noise``); None where none is set.
    temperature_c : float, optional, °C
        Temperature of the unit now, in °C; None where it is not known.

    Returns
    -------
    Check
        Failed where the file cannot be read; a warning where it is old, was learned at another
        temperature, or is not used.
    """
    return _checked(
        "calibration.rf", path, lambda text: _receiver(path, load_profile(text), now_ns, used, temperature_c)
    )


def _checked(name: str, path: Path, judge: Callable[[str], Check]) -> Check:
    remedy = f"check.remedy.{name}"
    try:
        if path.stat().st_size > BYTES_MOST:
            return failed(name, remedy, "words", text=path.name)
        return judge(path.read_text(encoding="utf-8", errors="replace"))
    except FileNotFoundError:
        return warned(name, remedy, "not_measured")
    except (OSError, BadCalibration, BadProfile) as error:
        return failed(name, remedy, "words", text=str(error))


def _camera(path: Path, text: str, now_ns: int) -> Check:
    name, reading = "calibration.lens", load_calibration(text).target
    days = max(0.0, (now_ns - path.stat().st_mtime_ns) / DAY_NS)
    said: dict[str, float | str] = {"days": days}
    key = "calibration"
    if reading is not None:
        key = "calibration.target"
        said.update(_target_said(reading))
    if days > AGE_DAYS:
        return warned(name, "check.remedy.calibration.lens", key, **said)
    if reading is not None and reading.infrared_filter == "absent":
        return warned(name, "check.remedy.calibration.filter", key, **said)
    return passed(name, key, **said)


def _target_said(reading: TargetReading) -> dict[str, float | str]:
    """Return the fields of the sentence on the printed target, in the units that it names."""
    view, bend = reading.field_of_view_deg, reading.distortion_percent
    return {
        "mtf50": reading.mtf50_cy_px,
        "view": "–" if view is None else f"{view:.0f}°",
        "bend": "–" if bend is None else f"{bend:+.1f} %",
        "filter": f"check.filter.{reading.infrared_filter}",
    }


def _receiver(
    path: Path, profile: NoiseProfile, now_ns: int, used: str | None, temperature_c: float | None
) -> Check:
    name = "calibration.rf"
    days = max(0.0, float((_day(now_ns) - profile.learned_on).days))
    said: dict[str, float | str] = {"days": days, "lines": float(len(profile.lines)), "file": str(path)}
    if used is not None and Path(used) != path:  # where none is named, the unit's own is used
        return warned(name, "check.remedy.calibration.rf_unused", name, **said)
    away_c = 0.0
    if profile.temperature_c is not None and temperature_c is not None:
        away_c = abs(temperature_c - profile.temperature_c)
    if days > AGE_DAYS or away_c > WARMER_C:
        return warned(name, "check.remedy.calibration.rf", name, **said, away_c=away_c)
    return passed(name, name, **said, away_c=away_c)


def _day(utc_ns: int) -> date:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=utc_ns // 1000)).date()

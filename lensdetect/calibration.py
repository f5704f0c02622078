"""The calibration of one unit's camera and its file. `lensdetect.calibrate` measures it."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

from lensdetect.errors import BadCalibration

VERSION = 1
FilterSeen = Literal["present", "absent", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetReading:
    """The readings of a printed target by one unit; None where they could not be taken.

    ``mtf50`` is the spatial frequency at which half of the contrast is left, in cycles per pixel, in the
    middle of the page and at the worse of its outer squares. ``distortion_percent`` is the shift away from
    the middle at half the picture's width. The two ratios compare ring and side light on paper and on tape.
    """

    mtf50_cy_px: float
    mtf50_corner_cy_px: float | None = None
    field_of_view_deg: float | None = None
    tilt_deg: float | None = None
    distortion_percent: float | None = None
    paper_ring_over_side: float | None = None
    tape_ring_over_side: float | None = None
    infrared_filter: FilterSeen = "unknown"

    def as_toml(self) -> str:
        """Return its table of the calibration's file."""
        known = ((f.name, getattr(self, f.name)) for f in fields(self))
        lines = (f'{k} = "{v}"' if isinstance(v, str) else f"{k} = {v!r}" for k, v in known if v is not None)
        return "\n[target]\n" + "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """The measured properties of one unit's camera and lights.

    ``focus`` is the mean gradient energy of the lit wall over its brightness, a number to compare between
    calibrations of one unit; ``ring_over_side`` the ratio of the wall's brightness under the two lights.
    ``wall_m`` is how far the wall is by how the two lights shade it, to be compared with a tape measure;
    ``true_wall_m`` what the tape said. Their ratio corrects this unit (`distance_factor`).
    """

    unit: str
    width_px: int
    height_px: int
    dark_dn: float
    noise_dn: float
    latency_ms: float
    ring_over_side: float | None
    focus: float
    hot_pixels: tuple[tuple[int, int], ...]
    wall_m: float | None = None
    true_wall_m: float | None = None
    target: TargetReading | None = None

    @property
    def distance_factor(self) -> float | None:
        """Return by how much this unit's distances are to be multiplied, None where no tape measured."""
        return None if self.wall_m is None or self.true_wall_m is None else self.true_wall_m / self.wall_m

    def as_toml(self) -> str:
        """Return the file to be stored."""
        ratio = "" if self.ring_over_side is None else f"ring_over_side = {self.ring_over_side!r}\n"
        for name, value in (("wall_m", self.wall_m), ("true_wall_m", self.true_wall_m)):
            ratio += "" if value is None else f"{name} = {value!r}\n"
        hot = ", ".join(f"[{x}, {y}]" for x, y in self.hot_pixels)
        unit = "".join(c if c.isalnum() or c in "-_. " else "_" for c in self.unit)[:64]
        return (
            f'version = {VERSION}\nunit = "{unit}"\n'
            f"width_px = {self.width_px}\nheight_px = {self.height_px}\n"
            f"dark_dn = {self.dark_dn!r}\nnoise_dn = {self.noise_dn!r}\nlatency_ms = {self.latency_ms!r}\n"
            f"{ratio}focus = {self.focus!r}\nhot_pixels = [{hot}]\n"
            + ("" if self.target is None else self.target.as_toml())
        )


def load_calibration(text: str) -> Calibration:
    """Read a stored calibration.

    Raises
    ------
    BadCalibration
        The text is no calibration of this version.
    """
    try:
        raw = tomllib.loads(text)
        if raw["version"] != VERSION:
            raise ValueError(f"version {raw['version']}")
        ratio = raw.get("ring_over_side")
        return Calibration(
            unit=str(raw["unit"]),
            width_px=int(raw["width_px"]),
            height_px=int(raw["height_px"]),
            dark_dn=float(raw["dark_dn"]),
            noise_dn=float(raw["noise_dn"]),
            latency_ms=float(raw["latency_ms"]),
            ring_over_side=None if ratio is None else float(ratio),
            focus=float(raw["focus"]),
            hot_pixels=tuple((int(x), int(y)) for x, y in raw["hot_pixels"]),
            wall_m=_metres(raw.get("wall_m")),
            true_wall_m=_metres(raw.get("true_wall_m")),
            target=None if "target" not in raw else _reading(raw["target"]),
        )
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise BadCalibration(
            f"The calibration cannot be read: {error}", hint="Calibrate the unit again."
        ) from error


def _metres(value: object) -> float | None:
    if value is None:
        return None
    metres = float(value)  # type: ignore[arg-type]
    if not 0.01 <= metres <= 10.0:
        raise ValueError(f"a wall at {metres} m")
    return metres


def _reading(raw: Mapping[str, Any]) -> TargetReading:
    """Read the table of the target; names that are not known are of a later version."""
    told = {f.name: raw[f.name] for f in fields(TargetReading) if f.name in raw}
    seen = told.pop("infrared_filter", "unknown")
    if seen not in get_args(FilterSeen):
        raise ValueError(f"a filter that is {seen!r}")
    numbers = {name: float(value) for name, value in told.items()}
    if not all(math.isfinite(value) for value in numbers.values()):
        raise ValueError("a number without end")
    return TargetReading(infrared_filter=seen, **numbers)

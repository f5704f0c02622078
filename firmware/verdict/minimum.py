"""Defines how much must be looked at before NOTHING FOUND may be said, and computes what is missing.

The figures are in ``minimums.toml``. A scan of some sensors alone is held against their part of the minimum,
and its word then speaks of those sensors only (`Minimum.sensors`).
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from firmware.errors import BadKnowledge
from firmware.verdict.fusion import SensorReport
from firmware.verdict.model import Shortfall
from hw.types import SENSOR_NAMES, SensorName

PlaceType = Literal["unknown", "toilet_cubicle", "changing_room", "hotel_room", "home", "corridor"]
STRICT = ConfigDict(extra="forbid", frozen=True)
TOLERANCE = 1e-9  # shares are sums of floats
UNSETTLED = frozenset({"wifi_unsettled"})  # reasons of a coverage under which nothing is ruled out yet


class Need(BaseModel):
    """The least share of one part of a sensor's coverage."""

    model_config = STRICT
    sensor: SensorName
    part: str = Field(min_length=1, max_length=40)
    share: float = Field(gt=0.0, le=1.0)
    source: str = Field(min_length=3, max_length=300)


class Minimum(BaseModel):
    """The minimum of one place. ``without`` are sensors that this unit, by its site's plan, does not have."""

    model_config = STRICT
    place: PlaceType = "unknown"
    least_s: float = Field(ge=1.0, le=3600.0)
    source: str = Field(min_length=3, max_length=300)
    need: tuple[Need, ...] = Field(min_length=1, max_length=40)
    without: tuple[SensorName, ...] = ()

    @property
    def sensors(self) -> tuple[SensorName, ...]:
        """The sensors that must have looked, in the usual order."""
        return tuple(n for n in SENSOR_NAMES if any(need.sensor == n for need in self.need))

    def of(self, sensors: Collection[SensorName]) -> Minimum:
        """Return the part of this minimum that speaks of some sensors, for a scan of them alone."""
        kept = tuple(need for need in self.need if need.sensor in sensors)
        return self.model_copy(update={"need": kept or self.need})

    def as_json(self) -> dict[str, Any]:
        """Return the minimum as it is signed into a record."""
        return self.model_dump(mode="json")


class MinimumOfSite(BaseModel):
    """The minimum of a site's places: their type, what the plan adds to it, and what the unit lacks."""

    model_config = STRICT
    place: Literal["toilet_cubicle", "changing_room", "hotel_room", "home"] = "toilet_cubicle"
    least_s: float | None = Field(None, ge=1.0, le=3600.0)
    without: tuple[SensorName, ...] = Field((), max_length=3)
    share: Mapping[str, float] = {}  # "sensor.part" → least share

    def applied(self, place: PlaceType | None = None) -> Minimum:
        """Return the minimum of a place of this site; ``place`` is another type than the site's own.

        Raises
        ------
        ValueError
            If a share names a part that no minimum knows, or is no share.
        """
        base = minimum_for(place or self.place)
        known = {f"{n.sensor}.{n.part}" for n in minimum_for(self.place).need}
        unknown = sorted(set(self.share) - known)
        if unknown or any(not 0.0 < s <= 1.0 for s in self.share.values()):
            raise ValueError(f"share knows {', '.join(sorted(known))}, each above 0 and at most 1")
        need = tuple(
            n.model_copy(
                update={"share": self.share[key], "source": "the site's plan"} if key in self.share else {}
            )
            for n in base.need
            for key in (f"{n.sensor}.{n.part}",)
            if n.sensor not in self.without
        )
        changed: dict[str, object] = {"need": need or base.need, "without": self.without}
        if self.least_s is not None and place is None:
            changed |= {"least_s": self.least_s, "source": "the site's plan"}
        return base.model_copy(update=changed)


def shortfalls(minimum: Minimum, reports: Sequence[SensorReport]) -> tuple[Shortfall, ...]:
    """Return the shortfalls from a minimum, in the order of the sensors; empty where it is reached.

    Parameters
    ----------
    minimum : Minimum
        What the place needs.
    reports : sequence of SensorReport
        What each sensor covered (0…1 a part) and how long it looked (s of sensor time).
    """
    by_name = {r.sensor: r for r in reports}
    return tuple(s for name in minimum.sensors for s in _of_sensor(minimum, name, by_name.get(name)))


def _of_sensor(minimum: Minimum, name: SensorName, report: SensorReport | None) -> list[Shortfall]:
    if report is None or report.coverage is None:
        return [Shortfall(sensor=name, what="missing")]
    if report.failed or report.deaf:
        return [Shortfall(sensor=name, what="failed")]
    parts = report.coverage.parts
    missing = []
    for need in minimum.need:
        reached = parts.get(need.part, 0.0) if parts else report.coverage.share
        if need.sensor == name and not reached >= need.share - TOLERANCE:
            missing.append(
                Shortfall(sensor=name, what="part", part=need.part, reached=reached, needed=need.share)
            )
    if report.looked_s < minimum.least_s - TOLERANCE:
        missing.append(Shortfall(sensor=name, what="time", reached=report.looked_s, needed=minimum.least_s))
    if UNSETTLED & set(report.coverage.reasons):
        missing.append(Shortfall(sensor=name, what="unsettled"))
    return missing


@lru_cache(maxsize=1)
def packaged_minimums() -> Mapping[str, Minimum]:
    """Return every minimum that comes with ansim, by type of place.

    Raises
    ------
    BadKnowledge
        If the table cannot be used.
    """
    raw = tomllib.loads((files("firmware.verdict") / "minimums.toml").read_text(encoding="utf-8"))
    try:
        return {name: Minimum.model_validate({"place": name} | row) for name, row in raw["places"].items()}
    except (ValidationError, KeyError) as error:
        raise BadKnowledge(
            f"The table of minimums cannot be used: {error}", hint="Reinstall ansim."
        ) from error


def minimum_for(place: PlaceType, *, only: Collection[SensorName] | None = None) -> Minimum:
    """Return the minimum of a type of place; with ``only``, the part of it that speaks of those sensors."""
    whole = packaged_minimums()[place]
    return whole if only is None else whole.of(only)

"""The places to look at in a cubicle and the steps of the guided scan: data with a source at every entry."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from firmware.errors import BadKnowledge
from hw.types import SensorName

CHECKLIST, PERSONAL = "checklist.toml", "personal.toml"
STRICT = ConfigDict(extra="forbid", frozen=True)


class PlaceToLook(BaseModel):
    """One place in a cubicle; its message key is ``place.<key>``."""

    model_config = STRICT
    key: str = Field(pattern=r"^[a-z]+$")
    shape: str = Field(pattern=r"^[a-z]+$")
    source: str = Field(min_length=8)

    @property
    def message(self) -> str:
        """The message key, under which a record stores it."""
        return f"place.{self.key}"


class GuidedStep(BaseModel):
    """One step of the guided scan; its message keys are ``step.<key>`` and ``step.<key>.how``."""

    model_config = STRICT
    key: str = Field(pattern=r"^[a-z]+$")
    shape: str = Field(pattern=r"^[a-z]+$")
    until: Mapping[SensorName, float] = Field(min_length=1)
    source: str = Field(min_length=8)

    def progress(self, coverage: Mapping[SensorName, float | None]) -> float | None:
        """Return the progress of this step, by what was really covered.

        Parameters
        ----------
        coverage : mapping of sensor name to float or None
            Share covered so far, 0…1; None where the sensor is missing.

        Returns
        -------
        float or None
            0…1; None where no sensor of this step is there.
        """
        shares = [min(1.0, (coverage.get(s) or 0.0) / most) for s, most in self._present(coverage)]
        return sum(shares) / len(shares) if shares else None

    def _present(self, coverage: Mapping[SensorName, float | None]) -> list[tuple[SensorName, float]]:
        return [(sensor, most) for sensor, most in self.until.items() if coverage.get(sensor) is not None]


def _load(name: str, table: str, model: type[BaseModel]) -> tuple[BaseModel, ...]:
    raw = tomllib.loads((files("firmware.inspection") / name).read_text(encoding="utf-8"))
    try:
        return tuple(TypeAdapter(list[model]).validate_python(raw[table]))  # type: ignore[valid-type]
    except (ValidationError, KeyError) as error:
        raise BadKnowledge(f"{name}: {error}") from error


@lru_cache(maxsize=1)
def checklist() -> tuple[PlaceToLook, ...]:
    """Return the places to look, in order."""
    return tuple(p for p in _load(CHECKLIST, "place", PlaceToLook) if isinstance(p, PlaceToLook))


@lru_cache(maxsize=1)
def guided_steps() -> tuple[GuidedStep, ...]:
    """Return the steps of the guided scan, in order."""
    return tuple(s for s in _load(PERSONAL, "step", GuidedStep) if isinstance(s, GuidedStep))

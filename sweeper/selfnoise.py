"""The profile of the unit's own spectral lines: learned with a terminated input, masked in later sweeps.

The profile says when and how warm it was when it was learned: a unit's lines move with temperature, and an
old profile masks the wrong places.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sweeper.errors import BadProfile
from sweeper.model import Emission

DRIFT_PPM = 30.0  # of a line, with temperature
LEVEL_MARGIN_DB = 8.0  # a line this much stronger than learned is not only the unit's own
SEEN_SHARE = 0.5  # of the runs of a state in which a line must return
MAX_LINES = 1024


class NoiseLine(BaseModel):
    """One stretch of the unit's own noise. ``level_db`` is in dB full scale less the gain."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
    low_hz: float = Field(gt=0)
    high_hz: float = Field(gt=0)
    level_db: float
    states: tuple[str, ...] = Field(description="What was on: rest, camera, camera and lights, screen.")


class NoiseProfile(BaseModel):
    """All spectral lines that a unit emits itself."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
    learned_on: dt.date
    temperature_c: float | None = Field(None, ge=-40, le=120)
    lines: tuple[NoiseLine, ...] = Field(max_length=MAX_LINES)

    def masks(self, low_hz: float, high_hz: float, level_db: float) -> bool:
        """Say whether a stretch lies within a learned one and is not much stronger."""
        for line in self.lines:
            drift_hz = line.high_hz * DRIFT_PPM * 1e-6
            inside = line.low_hz - drift_hz <= low_hz and high_hz <= line.high_hz + drift_hz
            if inside and level_db <= line.level_db + LEVEL_MARGIN_DB:
                return True
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminatedSweep:
    """One sweep with a terminated input while something of the unit was on."""

    state: str
    emissions: tuple[Emission, ...]


def learn(runs: Iterable[TerminatedSweep], *, on: dt.date, temperature_c: float | None) -> NoiseProfile:
    """Make a profile of what returned in at least half of the runs of a state.

    Parameters
    ----------
    runs : iterable of TerminatedSweep
        Sweeps with a terminated input.
    on : date
        When they were made.
    temperature_c : float or None
        The unit's temperature, °C; None where unknown.

    Returns
    -------
    NoiseProfile
        The strongest `MAX_LINES` lines, levels in dB full scale less the gain.

    Raises
    ------
    BadProfile
        No runs: nothing was listened to.
    """
    by_state: dict[str, list[TerminatedSweep]] = {}
    for run in runs:
        by_state.setdefault(run.state, []).append(run)
    if not by_state:
        raise BadProfile("There is nothing to learn from", hint="Sweep with a terminated input first.")
    lines: list[NoiseLine] = []
    for state, group in sorted(by_state.items()):
        for line in _returning(state, group):
            _merge(lines, line)
    lines.sort(key=lambda line: -line.level_db)
    return NoiseProfile(learned_on=on, temperature_c=temperature_c, lines=tuple(lines[:MAX_LINES]))


def _returning(state: str, runs: list[TerminatedSweep]) -> list[NoiseLine]:
    found = []
    for emission in {id(e): e for run in runs for e in run.emissions}.values():
        low, high = _span(emission)
        times = sum(any(_overlap(_span(e), (low, high)) for e in run.emissions) for run in runs)
        if times >= SEEN_SHARE * len(runs):
            level = emission.measures.get("level_db", emission.measures.get("level_dbfs", -200.0))
            found.append(NoiseLine(low_hz=low, high_hz=high, level_db=level, states=(state,)))
    return found


def _merge(lines: list[NoiseLine], new: NoiseLine) -> None:
    for i, old in enumerate(lines):
        if _overlap((old.low_hz, old.high_hz), (new.low_hz, new.high_hz)):
            lines[i] = NoiseLine(
                low_hz=min(old.low_hz, new.low_hz),
                high_hz=max(old.high_hz, new.high_hz),
                level_db=max(old.level_db, new.level_db),
                states=tuple(sorted({*old.states, *new.states})),
            )
            return
    lines.append(new)


def _span(emission: Emission) -> tuple[float, float]:
    half = emission.bandwidth_hz / 2
    return emission.center_hz - half, emission.center_hz + half


def _overlap(a: tuple[float, float], b: tuple[float, float]) -> bool:
    return a[0] <= b[1] and b[0] <= a[1]


def dump_profile(profile: NoiseProfile) -> str:
    """Return a profile as JSON text."""
    return profile.model_dump_json(indent=1)


def load_profile(text: str) -> NoiseProfile:
    """Read what `dump_profile` wrote.

    Raises
    ------
    BadProfile
        Not a profile; every mistake is named.
    """
    try:
        data: Mapping[str, Any] = json.loads(text)
        return NoiseProfile.model_validate(data)
    except (ValidationError, ValueError, RecursionError) as error:
        raise BadProfile(f"The self-noise profile cannot be read: {error}", hint="Learn it again.") from error


def read_profile(path: str | None) -> NoiseProfile | None:
    """Read the profile of a unit; a missing or broken one is an error, not a silent nothing."""
    if path is None:
        return None
    try:
        return load_profile(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadProfile(
            f"The self-noise profile {path!r} cannot be read: {error}", hint="Run: ansim calibrate rf."
        ) from error

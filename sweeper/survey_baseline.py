"""The baseline of the survey: what each channel's counters say where there is no camera.

The unit's own is learned at a place that is known to be clean; the corridor's in front of the rooms that are
inspected. A channel must stand out from both.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sweeper.errors import BadProfile
from sweeper.survey_levels import ChannelBaseline, ChannelLevel

MOST_CHANNELS = 256
BYTES_MOST = 1_000_000
STRICT = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
HINT = "Learn it again: ansim calibrate survey."


class SurveyChannel(BaseModel):
    """One channel of a baseline."""

    model_config = STRICT
    center_hz: float = Field(gt=0, le=1e10)
    noise_dbm: float | None = Field(None, ge=-128, le=127)
    energy_share: float = Field(ge=0, le=1)


class SurveyBaseline(BaseModel):
    """The channels of one place, and the day on which they were learned."""

    model_config = STRICT
    learned_on: dt.date
    channels: tuple[SurveyChannel, ...] = Field(min_length=1, max_length=MOST_CHANNELS)


def learn_baseline(levels: Iterable[ChannelLevel], *, on: dt.date) -> SurveyBaseline:
    """Make a baseline of the channels that were watched.

    Parameters
    ----------
    levels : iterable of ChannelLevel
        At a place without a camera.
    on : date
        The day.

    Returns
    -------
    SurveyBaseline

    Raises
    ------
    BadProfile
        No channel was watched long enough.
    """
    rows = tuple(
        SurveyChannel(
            center_hz=level.center_hz, noise_dbm=level.noise_dbm, energy_share=level.energy_share or 0.0
        )
        for level in levels
    )[:MOST_CHANNELS]
    if not rows:
        raise BadProfile(
            "No Wi-Fi channel was counted long enough",
            hint="Use an adapter whose driver counts airtime (ath9k, ath10k, mt76), or listen for longer.",
        )
    return SurveyBaseline(learned_on=on, channels=rows)


def merged(baselines: Iterable[SurveyBaseline]) -> Mapping[float, ChannelBaseline]:
    """Return the most that any of some baselines has on each channel.

    Parameters
    ----------
    baselines : iterable of SurveyBaseline
        The unit's own, the corridor's.

    Returns
    -------
    mapping of float to ChannelBaseline
        By the middle of the channel, Hz.
    """
    found: dict[float, ChannelBaseline] = {}
    for row in (row for baseline in baselines for row in baseline.channels):
        before = found.get(row.center_hz)
        noise = [n for n in (row.noise_dbm, before.noise_dbm if before else None) if n is not None]
        share = max(row.energy_share, before.energy_share if before else 0.0)
        found[row.center_hz] = ChannelBaseline(noise_dbm=max(noise) if noise else None, energy_share=share)
    return found


def dump_baseline(baseline: SurveyBaseline) -> str:
    """Return a baseline as JSON text."""
    return baseline.model_dump_json(indent=1)


def load_baseline(text: str) -> SurveyBaseline:
    """Read what `dump_baseline` wrote.

    Raises
    ------
    BadProfile
        Not a baseline; every mistake is named.
    """
    try:
        return SurveyBaseline.model_validate_json(text)
    except (ValidationError, ValueError) as error:
        raise BadProfile(f"The baseline of the survey cannot be read: {error}", hint=HINT) from error


def read_baselines(*paths: str | None) -> Mapping[float, ChannelBaseline]:
    """Read the baselines that are named; a missing or broken one is an error, not a silent nothing.

    Parameters
    ----------
    *paths : str or None
        Files that `dump_baseline` wrote; None where there is none.

    Returns
    -------
    mapping of float to ChannelBaseline
        By the middle of the channel, Hz.

    Raises
    ------
    BadProfile
        A file is missing, too large, or no baseline.
    """
    read: list[SurveyBaseline] = []
    for path in (Path(each) for each in paths if each is not None):
        try:
            if path.stat().st_size > BYTES_MOST:
                raise BadProfile(f"{path.name} is too large for a baseline", hint=HINT)
            read.append(load_baseline(path.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError) as error:
            raise BadProfile(f"The baseline {str(path)!r} cannot be read: {error}", hint=HINT) from error
    return merged(read)

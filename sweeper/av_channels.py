"""The channels of analog video senders at 2.4 and 5.8 GHz, which an RTL-SDR does not reach."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from sweeper.errors import BadBands

AvPart = Literal["analog_2g4", "analog_5g8"]
AV_PARTS: tuple[AvPart, ...] = ("analog_2g4", "analog_5g8")
_STRICT = ConfigDict(extra="forbid", frozen=True)


class AvGrid(BaseModel):
    """One row of channels with the part of the coverage that it belongs to."""

    model_config = _STRICT
    name: str = Field(min_length=1)
    part: AvPart
    channels_hz: tuple[float, ...] = Field(min_length=1)
    channel_names: tuple[str, ...]
    source: str = Field(min_length=3)

    @model_validator(mode="after")
    def _named(self) -> AvGrid:
        if len(self.channels_hz) != len(self.channel_names):
            raise ValueError(f"{self.name} needs as many names as channels")
        return self


class AvChannels(BaseModel):
    """All grids."""

    model_config = _STRICT
    grid: tuple[AvGrid, ...] = Field(min_length=1)

    def nearest(self, center_hz: float) -> tuple[float, str]:
        """Return the nearest channel.

        Parameters
        ----------
        center_hz : float
            A carrier, Hz.

        Returns
        -------
        distance_hz : float
            How far the channel is away, Hz.
        label : str
            Its name, as ``2.4G ch1 2414 MHz``.
        """
        rows = (
            (abs(center_hz - hz), f"{grid.name} ch{name} {hz / 1e6:g} MHz")
            for grid in self.grid
            for hz, name in zip(grid.channels_hz, grid.channel_names, strict=True)
        )
        return min(rows)

    def channels_of(self, part: AvPart) -> tuple[float, ...]:
        """Return the channels of one part of the coverage in Hz, ascending, each once."""
        return tuple(sorted({hz for grid in self.grid if grid.part == part for hz in grid.channels_hz}))


@lru_cache(maxsize=1)
def load_av_channels() -> AvChannels:
    """Read the packaged table.

    Raises
    ------
    BadBands
        The table has a mistake.
    """
    text = (files("sweeper") / "data" / "av_channels.toml").read_text(encoding="utf-8")
    return parse_av_channels(text)


def parse_av_channels(text: str) -> AvChannels:
    """Parse a table of channels.

    Raises
    ------
    BadBands
        Not TOML, unknown or missing fields, or names that do not fit the channels.
    """
    try:
        return AvChannels.model_validate(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise BadBands(
            f"The table of video channels cannot be read: {error}", hint="Mend the file."
        ) from error

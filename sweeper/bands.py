"""The band table: camera channels, expected services, the receiver's own lines."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hw.types import Coverage
from sweeper.config import Region
from sweeper.errors import BadBands

_STRICT = ConfigDict(extra="forbid", frozen=True)
CHANNEL_REACH_HZ = 21e6  # half of the widest channel spacing: further away it is off the channel plan


HighPart = Literal["analog_2g4", "analog_5g8"]  # of the coverage
HIGH_PARTS: tuple[HighPart, ...] = get_args(HighPart)


def high_coverage(shares: Mapping[HighPart, float], *reasons: str) -> Coverage:
    """Return the coverage of a device that hears 2.4 and 5.8 GHz alone: the mean of its parts.

    Parameters
    ----------
    shares : mapping of HighPart to float
        What it has heard of each band, 0…1.
    *reasons : str
        Keys of the sentences that say what it does not hear.

    Returns
    -------
    Coverage
        Of the RF sensor.
    """
    parts: dict[str, float] = dict(shares.items())
    return Coverage(sensor="rf", share=sum(parts.values()) / len(parts), parts=parts, reasons=reasons)


class CameraBand(BaseModel):
    """A band in which camera senders are sold."""

    model_config = _STRICT
    name: str
    low_hz: float = Field(gt=0)
    high_hz: float
    modulation: Literal["analog", "cofdm"]
    channels_hz: tuple[float, ...]
    channel_names: tuple[str, ...]
    source: str = Field(min_length=1)


class HighBand(CameraBand):
    """A band of camera senders above 2 GHz, and the part of the coverage that it belongs to."""

    modulation: Literal["analog"] = "analog"
    part: HighPart


class Service(BaseModel):
    """Something that is expected in its band and is no camera."""

    model_config = _STRICT
    name: str
    low_hz: float = Field(gt=0)
    high_hz: float
    regions: tuple[Region, ...]
    widest_hz: float = Field(gt=0, description="Wider than this it is something else.")
    raster_hz: float | None = Field(None, gt=0)
    raster_origin_hz: float | None = None
    bursts: bool = Field(False, description="Pulses: what stays on all the time is something else.")
    uplink: bool = Field(False, description="Handsets send here: something strong is near.")
    source: str = Field(min_length=1)

    def off_raster_hz(self, center_hz: float) -> float:
        """Return the distance from the nearest channel centre of the raster; 0 where there is none."""
        if self.raster_hz is None or self.raster_origin_hz is None:
            return 0.0
        steps = (center_hz - self.raster_origin_hz) / self.raster_hz
        return abs(steps - round(steps)) * self.raster_hz


class ReceiverLine(BaseModel):
    """A family of lines that the receiver makes itself."""

    model_config = _STRICT
    name: str
    spacing_hz: float = Field(gt=0)
    width_hz: float = Field(gt=0)
    source: str = Field(min_length=1)


class Bands(BaseModel):
    """The whole table."""

    model_config = _STRICT
    camera: tuple[CameraBand, ...]
    high: tuple[HighBand, ...]
    service: tuple[Service, ...]
    receiver: tuple[ReceiverLine, ...]

    def services_at(self, center_hz: float, *, region: Region) -> tuple[Service, ...]:
        """Return the services expected there, the narrowest band first."""
        here = [s for s in self.service if region in s.regions and s.low_hz <= center_hz <= s.high_hz]
        return tuple(sorted(here, key=lambda s: s.high_hz - s.low_hz))

    def channel_at(self, center_hz: float) -> str | None:
        """Return the camera channel nearest to a video sender's centre, as ``1.2G ch3 1160 MHz``."""
        rows = [
            (abs(center_hz - hz), f"{band.name} ch{name} {hz / 1e6:g} MHz")
            for band in (*self.camera, *self.high)
            for hz, name in zip(band.channels_hz, band.channel_names, strict=True)
        ]
        distance, label = min(rows)
        return label if distance <= CHANNEL_REACH_HZ else None

    def high_channel_near(self, center_hz: float) -> tuple[float, str]:
        """Return how far the nearest channel above 2 GHz is away, Hz, and its name as `channel_at` has it."""
        return min(
            (abs(center_hz - hz), f"{band.name} ch{name} {hz / 1e6:g} MHz")
            for band in self.high
            for hz, name in zip(band.channels_hz, band.channel_names, strict=True)
        )

    def high_channels(self, part: HighPart) -> tuple[float, ...]:
        """Return the channels of one part of the coverage above 2 GHz in Hz, ascending, each once."""
        return tuple(sorted({hz for band in self.high if band.part == part for hz in band.channels_hz}))

    def is_receiver_line(self, center_hz: float) -> bool:
        """Say whether a narrow line there is a harmonic of the receiver's own oscillator."""
        for line in self.receiver:
            order = round(center_hz / line.spacing_hz)
            if order >= 1 and abs(center_hz - order * line.spacing_hz) <= line.width_hz:
                return True
        return False


@lru_cache(maxsize=4)
def load_bands() -> Bands:
    """Read the packaged table.

    Raises
    ------
    BadBands
        The table has a mistake; every mistake is named.
    """
    text = (files("sweeper") / "data" / "bands.toml").read_text(encoding="utf-8")
    return parse_bands(text)


def parse_bands(text: str) -> Bands:
    """Parse a band table.

    Raises
    ------
    BadBands
        Not TOML, unknown or missing fields, or a band that ends before it begins.
    """
    try:
        bands = Bands.model_validate(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise BadBands(f"The band table cannot be read: {error}", hint="Mend the file.") from error
    entries: tuple[CameraBand | Service, ...] = (*bands.camera, *bands.high, *bands.service)
    for entry in entries:
        if entry.low_hz >= entry.high_hz:
            raise BadBands(f"Band {entry.name!r} ends before it begins", hint="Mend the file.")
    return bands

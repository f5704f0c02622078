"""Tells broadcast television from what looks like it: ATSC by its pilot, links by place and width."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from sweeper.bands import Bands
from sweeper.config import Region
from sweeper.detect import Detection
from sweeper.ofdm import OfdmTest
from sweeper.slices import any_wide
from sweeper.spectrum import Spectrum
from sweeper.tv_raster import Rasters
from sweeper.video import VideoTest
from sweeper.views import HopLevels
from sweeper.vsb import CHANNEL_HZ, Pilots, find_pilot

What = Literal["atsc", "link"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BroadcastMatch:
    """A signal that is known from edge to edge."""

    what: What
    low_hz: float
    high_hz: float


class Television:
    """Follows the television channels of a sweep. Bounded, and a function of the looks alone."""

    def __init__(self, bands: Bands, *, region: Region) -> None:
        self._bands, self._region = bands, region
        self._rasters, self._pilots = Rasters(), Pilots()

    @property
    def is_ambiguous(self) -> bool:
        """Say whether multicarrier signals fill channels here, as a link on the raster would."""
        return self._rasters.are_ambiguous

    def look(
        self,
        spectrum: Spectrum,
        levels: HopLevels,
        hops: Callable[[], Sequence[HopLevels]],
        *,
        tests: tuple[VideoTest, OfdmTest],
        found: tuple[Detection, ...],
    ) -> tuple[BroadcastMatch | None, tuple[float, ...]]:
        """Return the match of the signal in this slice, and where to listen to know more."""
        video, ofdm = tests
        if video.is_video or levels.clipped:
            return None, ()
        if ofdm.family == "cofdm":
            return self._multicarrier(levels, hops)
        if ofdm.family is None and any_wide(found):
            return self._vestigial(spectrum, found)
        return None, ()

    def _multicarrier(
        self, levels: HopLevels, hops: Callable[[], Sequence[HopLevels]]
    ) -> tuple[BroadcastMatch | None, tuple[float, ...]]:
        services = self._bands.services_at(levels.center_hz, region=self._region)
        broadcast = next((s for s in services if s.raster_hz is not None), None)
        if broadcast is None:
            return None, ()
        channel, asks = self._rasters.judge(hops(), levels, broadcast)
        if channel is None or not channel.is_link:
            return None, asks
        return BroadcastMatch(what="link", low_hz=channel.low_hz, high_hz=channel.high_hz), asks

    def _vestigial(
        self, spectrum: Spectrum, found: tuple[Detection, ...]
    ) -> tuple[BroadcastMatch | None, tuple[float, ...]]:
        pilot = find_pilot(spectrum)
        if pilot is not None:
            self._pilots.note(pilot)
        widest = max(found, key=lambda d: d.bandwidth_hz)
        pilot = pilot or self._pilots.at(widest.center_hz)
        if pilot is not None:
            return BroadcastMatch(what="atsc", low_hz=pilot.low_hz, high_hz=pilot.high_hz), ()
        return None, self._where_a_pilot_may_be(widest.center_hz)

    def _where_a_pilot_may_be(self, center_hz: float) -> tuple[float, ...]:
        """Return the channel of the plan whose pilot may lie between the hops."""
        for service in self._bands.services_at(center_hz, region=self._region):
            if service.raster_hz == CHANNEL_HZ and service.raster_origin_hz is not None:
                steps = round((center_hz - service.raster_origin_hz) / CHANNEL_HZ)
                ask = self._pilots.ask(service.raster_origin_hz + steps * CHANNEL_HZ)
                return () if ask is None else (ask,)
        return ()

"""Copies the table and the views of a sensor, a few times a second, for readers on other threads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from firmware.sensor import Observation, Sensor, SweepProgress, UnreadableLink, Views
from hw.protocols import Clock
from hw.types import Counts, Coverage, DeviceHealth, DeviceInfo, SensorName
from lensdetect.model import LensView
from wifiscan.flows import Unreadable
from wifiscan.vendors import format_mac

if TYPE_CHECKING:
    from sweeper.picture import Picture
    from sweeper.plan import PlanSummary, RecordingSummary
    from sweeper.views import SpectrumView

# Four times a second: enough for eyes, and long tables cost time to copy.
PUBLISH_NS = 250_000_000
DevicesOf = Callable[[], tuple[DeviceInfo, ...]]  # the devices that a sensor measures with now


@runtime_checkable
class HasLensView(Protocol):
    """A sensor with a picture of its view: the lens sensor."""

    def view(self) -> LensView:
        """Return the present view."""


@runtime_checkable
class HasSpectrum(Protocol):
    """A sensor with a spectrum and video pictures: the radio sweep."""

    @property
    def rounds(self) -> int:
        """Rounds of the plan that are done."""

    @property
    def progress_of_round(self) -> float:
        """Share 0…1 of the round that runs."""

    @property
    def summary(self) -> PlanSummary:
        """The cost and reach of the plan."""

    @property
    def recording(self) -> RecordingSummary | None:
        """The coverage of a recording; None where a receiver sweeps."""

    def spectrum_view(self) -> SpectrumView:
        """Return the spectrum of everything swept."""

    def pictures(self) -> Mapping[str, Picture]:
        """Return the pictures by transmission."""


@runtime_checkable
class HasPictures(Protocol):
    """A sensor with video pictures and no sweep: a receiver module with a grabber."""

    def pictures(self) -> Mapping[str, Picture]:
        """Return the pictures by transmission."""


@runtime_checkable
class HasUnreadable(Protocol):
    """A sensor that meets traffic it cannot decode: Wi-Fi."""

    def unreadable(self) -> tuple[Unreadable, ...]:
        """Return the busy devices whose frames this adapter cannot decode."""


class SensorSnapshot:
    """Wraps a sensor; ``publish`` gives copies that no later step changes: any thread may read them."""

    def __init__(self, sensor: Sensor, *, clock: Clock, devices: DevicesOf = lambda: ()) -> None:
        self.sensor = sensor
        self._clock = clock
        self._devices = devices
        self._due_ns = 0

    def publish(
        self, *, whole: bool = False, with_table: bool = True
    ) -> tuple[tuple[Observation, ...] | None, Views] | None:
        """Return the table, where somebody reads it, and the views: when it is time to, or all at the end."""
        if not whole and self._clock.now_ns() < self._due_ns:
            return None
        self._due_ns = self._clock.now_ns() + PUBLISH_NS
        views = replace(views_of(self.sensor), devices=self._devices())
        return tuple(self.sensor.observations()) if whole or with_table else None, views

    @property
    def name(self) -> SensorName:
        """The sensor's name."""
        return self.sensor.name

    def step(self) -> Sequence[Observation]:
        """Do one step of the sensor."""
        return self.sensor.step()

    def finish(self) -> None:
        """Settle what is pending."""
        self.sensor.finish()

    def observations(self) -> Sequence[Observation]:
        """Return the sensor's own table: for its own thread, or when it has stopped."""
        return self.sensor.observations()

    def coverage(self) -> Coverage:
        """Return the coverage of the sensor."""
        return self.sensor.coverage()

    def counts(self) -> Counts:
        """Return the counts of the sensor."""
        return self.sensor.counts()

    def health(self) -> DeviceHealth:
        """Return the health of the device."""
        return self.sensor.health()

    def close(self) -> None:
        """Close the sensor."""
        self.sensor.close()


def views_of(sensor: Sensor) -> Views:
    """Return the views that a sensor has beside its table."""
    if isinstance(sensor, HasSpectrum):
        sweep = SweepProgress(
            rounds=sensor.rounds,
            share_of_round=sensor.progress_of_round,
            plan=sensor.summary,
            recording=sensor.recording,
        )
        return Views(spectrum=sensor.spectrum_view(), sweep=sweep, pictures=dict(sensor.pictures()))
    if isinstance(sensor, HasPictures):
        return Views(pictures=dict(sensor.pictures()))
    if isinstance(sensor, HasLensView):
        return Views(lens=sensor.view())
    if isinstance(sensor, HasUnreadable):
        links = (UnreadableLink(mac=format_mac(u.mac), answers=u.answers) for u in sensor.unreadable())
        return Views(unreadable=tuple(links))
    return Views()

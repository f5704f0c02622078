"""A sense that other threads may look at: its own thread copies its tables out, a few times a second."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from firmware.sensor import Observation, Sensor
from hw.protocols import Clock
from hw.types import Counts, Coverage, DeviceHealth, SensorName
from lensdetect.model import LensView
from sweeper.picture import Picture
from sweeper.views import SpectrumView


@runtime_checkable
class HasLensView(Protocol):
    """A sense with a picture of what it sees: the lens."""

    def view(self) -> LensView:
        """Return what it sees now."""


@runtime_checkable
class HasSpectrum(Protocol):
    """A sense with a spectrum and pictures of what was sent: the sweep."""

    def spectrum_view(self) -> SpectrumView:
        """Return the spectrum of everything swept."""

    def pictures(self) -> Mapping[str, Picture]:
        """Return the pictures by transmission."""


PUBLISH_NS = 250_000_000  # four times a second: enough for eyes, and long tables cost time to copy


class SensorSnapshot:
    """Wraps a sense; tables, pictures and spectrum are whole copies, swapped in one go: safe to read."""

    def __init__(self, sense: Sensor, *, clock: Clock) -> None:
        self.sense = sense
        self.table: tuple[Observation, ...] = ()
        self.eye: LensView | None = None
        self.spectrum: SpectrumView | None = None
        self.pictures: Mapping[str, Picture] = {}
        self._clock = clock
        self._due_ns = 0

    @property
    def name(self) -> SensorName:
        """The sense's name."""
        return self.sense.name

    def step(self) -> Sequence[Observation]:
        """Do one step, and publish when it is time to."""
        changed = self.sense.step()
        if self._clock.now_ns() >= self._due_ns:
            self._publish()
        return changed

    def finish(self) -> None:
        """Settle what is pending, and publish it."""
        self.sense.finish()
        self._publish()

    def _publish(self) -> None:
        self.table = tuple(self.sense.observations())
        if isinstance(self.sense, HasLensView):
            self.eye = self.sense.view()
        if isinstance(self.sense, HasSpectrum):
            self.spectrum = self.sense.spectrum_view()
            self.pictures = dict(self.sense.pictures())
        self._due_ns = self._clock.now_ns() + PUBLISH_NS

    def observations(self) -> Sequence[Observation]:
        """Return the sense's own table: for its own thread, or when it has stopped."""
        return self.sense.observations()

    def coverage(self) -> Coverage:
        """Return how much was looked at."""
        return self.sense.coverage()

    def counts(self) -> Counts:
        """Return what was read and left out."""
        return self.sense.counts()

    def health(self) -> DeviceHealth:
        """Return how the device is."""
        return self.sense.health()

    def close(self) -> None:
        """Close the sense."""
        self.sense.close()

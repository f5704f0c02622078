"""Interfaces of a sensor and its observations, which the sensor packages satisfy without importing them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from hw.types import Counts, Coverage, DeviceHealth, DeviceInfo, Lasting, SensorName
from lensdetect.model import Glint, LensView
from sweeper.model import Emission
from wifiscan.model import AccessPoint, BleDevice, Station

if TYPE_CHECKING:
    from sweeper.picture import Picture
    from sweeper.plan import PlanSummary, RecordingSummary
    from sweeper.views import SpectrumView

Device = Station | AccessPoint | BleDevice  # what has an address of its own


class Observation(Protocol):
    """Interface of one observed thing; every kind of thing answers the same questions.

    ``subject`` is its stable key in evidence and records, ``level_db`` how loud it is in the unit of its
    sensor (dBm, or dB over the noise), ``lasting`` what makes it the same thing another day, and
    ``from_outside`` False where it is the unit's own noise.
    """

    @property
    def type_name(self) -> str: ...
    @property
    def sensor(self) -> SensorName: ...
    @property
    def subject(self) -> str: ...
    @property
    def camera_score(self) -> float: ...
    @property
    def level_db(self) -> float | None: ...
    @property
    def lasting(self) -> Lasting: ...
    @property
    def from_outside(self) -> bool: ...
    @property
    def first_ns(self) -> int: ...
    @property
    def last_ns(self) -> int: ...
    def as_json(self) -> dict[str, Any]: ...
    def as_record(self) -> dict[str, Any]: ...


def emissions_in(observations: Iterable[Observation]) -> list[Emission]:
    """Return the transmissions among the observations, in their order."""
    return [o for o in observations if isinstance(o, Emission)]


def devices_in(observations: Iterable[Observation]) -> list[Device]:
    """Return the Wi-Fi and Bluetooth devices among the observations, in their order."""
    return [o for o in observations if isinstance(o, Station | AccessPoint | BleDevice)]


def glints_in(observations: Iterable[Observation]) -> list[Glint]:
    """Return the glints among the observations, in their order."""
    return [o for o in observations if isinstance(o, Glint)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepProgress:
    """The progress of a sweep: rounds done, the share (0…1) of the one that runs, and the plan.

    ``recording`` is what a recording holds; None where a receiver sweeps.
    """

    rounds: int
    share_of_round: float
    plan: PlanSummary
    recording: RecordingSummary | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadableLink:
    """A device that is answered again and again, but whose own frames this adapter cannot decode."""

    mac: str
    answers: int

    def as_json(self) -> dict[str, object]:
        """Return the ``unreadable_link`` line."""
        return {"type": "unreadable_link", "mac": self.mac, "answers": self.answers}


@dataclass(frozen=True, slots=True, kw_only=True)
class Views:
    """Views of the sensors beside their tables; a view that no sensor has is None or empty."""

    spectrum: SpectrumView | None = None
    sweep: SweepProgress | None = None
    pictures: Mapping[str, Picture] = field(default_factory=dict)  # by the id of their transmission
    lens: LensView | None = None
    unreadable: tuple[UnreadableLink, ...] = ()
    devices: tuple[DeviceInfo, ...] = ()  # that measured


@runtime_checkable
class Sensor(Protocol):
    """Interface of a sensor over its devices.

    ``step`` does one bounded piece of work (one hop, one dwell, one strobe cycle) and returns what changed.
    ``finish`` settles what is pending when time is up, as the end of a recording does by itself.
    Bad data is counted, never raised; `hw.errors.HwError` means the device, `EndOfRecording` the end.
    """

    @property
    def name(self) -> SensorName: ...
    def step(self) -> Sequence[Observation]: ...
    def observations(self) -> Sequence[Observation]: ...
    def coverage(self) -> Coverage: ...
    def counts(self) -> Counts: ...
    def health(self) -> DeviceHealth: ...
    def finish(self) -> None: ...
    def close(self) -> None: ...

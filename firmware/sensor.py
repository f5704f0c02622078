"""The hinge: what the firmware asks of a sense. The sensor packages satisfy it without importing it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from hw.types import Counts, Coverage, DeviceHealth, SensorName
from lensdetect.model import Glint
from sweeper.model import Emission
from wifiscan.model import AccessPoint, BleDevice, Station

Observation = Emission | Station | AccessPoint | BleDevice | Glint


@runtime_checkable
class Sensor(Protocol):
    """One sense over its devices.

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

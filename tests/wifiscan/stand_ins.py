"""Radios that give what they are told to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from hw.clock import ManualClock
from hw.errors import EndOfRecording
from hw.types import DeviceHealth, DeviceInfo, Dot11Batch
from wifiscan.config import WifiConfig
from wifiscan.model import AccessPoint, Station
from wifiscan.scanner import WifiScanner


class ScriptedRadio:
    """Gives batches in order, then ends."""

    def __init__(self, batches: Sequence[Dot11Batch], channels_hz: tuple[float, ...] = ()) -> None:
        self._batches = list(batches)
        self._channels_hz = channels_hz
        self.tuned: list[float] = []
        self.closed = 0

    def info(self) -> DeviceInfo:
        return DeviceInfo(role="monitor", backend="replay", name="scripted")

    def health(self) -> DeviceHealth:
        return DeviceHealth(ok=True)

    def channels_hz(self) -> tuple[float, ...]:
        return self._channels_hz

    def set_channel(self, *, center_hz: float) -> None:
        self.tuned.append(center_hz)

    def read(self, *, duration_s: float) -> Dot11Batch:
        if not self._batches:
            raise EndOfRecording("over")
        return self._batches.pop(0)

    def close(self) -> None:
        self.closed += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def scan_batches(
    batches: Sequence[Dot11Batch], config: WifiConfig | None = None, *, channels_mhz: Sequence[int] = ()
) -> WifiScanner:
    """Run a scanner over batches to their end."""
    radio = ScriptedRadio(batches, tuple(mhz * 1e6 for mhz in channels_mhz))
    scanner = WifiScanner(radio=radio, clock=ManualClock(), config=config or WifiConfig())
    try:
        while True:
            scanner.step()
    except EndOfRecording:
        return scanner


def stations(scanner: WifiScanner) -> dict[str, Station]:
    """Return the stations by address."""
    return {o.mac: o for o in scanner.observations() if isinstance(o, Station)}


def access_points(scanner: WifiScanner) -> dict[str, AccessPoint]:
    """Return the access points by BSSID."""
    return {o.bssid: o for o in scanner.observations() if isinstance(o, AccessPoint)}

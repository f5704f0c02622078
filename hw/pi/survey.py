"""The survey of a Wi-Fi adapter: how long each channel was busy, by the counters of its driver.

The kernel's nl80211 gives them to everybody (``iw dev wlan0 survey dump``). The adapter is neither tuned nor
switched from here: whoever uses it (the Wi-Fi sensor, as it hops) moves the counters on. Nothing is sent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hw.config import HwConfig
from hw.errors import DeviceLost, DeviceMissing, HwError, Reason
from hw.pi.held_device import HeldHandle, PiDevice
from hw.pi.nl80211 import MONITOR, WifiInterface, Wireless, open_wireless
from hw.protocols import Clock
from hw.types import ChannelSurvey, DeviceHealth, DeviceInfo, SurveyBatch

SLACK_MS = 10  # counters are read one after the other while the chip counts on
NEEDED = "Its driver counts no airtime. Drivers that do: ath9k, ath9k_htc, ath10k, ath11k, mt76 (MT7612U)."
REPLUG_HINT = "Plug the Wi-Fi adapter in again; it is found by itself."


@dataclass(slots=True)
class _Link:
    """A connection to nl80211, and the interface whose radio was asked last."""

    wireless: Wireless
    interface: WifiInterface


class SurveyAdapter(PiDevice[_Link]):
    """The counters of the adapter that listens, or of the first one that there is."""

    def __init__(self, *, wanted: str | None, clock: Clock, connect: Callable[[], Wireless]) -> None:
        self._wanted, self._clock, self._connect_wireless = wanted, clock, connect
        self._reads = 0
        info = DeviceInfo(role="survey", backend="pi", name="Wi-Fi survey")
        super().__init__(info, HeldHandle(self._connect, lambda link: link.wireless.close()))
        self._held.open()
        self._info = DeviceInfo(role="survey", backend="pi", name=self._held.hold().interface.name)

    def _connect(self) -> _Link:
        wireless = self._connect_wireless()
        try:
            interface = _choose(wireless.interfaces(), self._wanted)
            self._ask(wireless, interface)
        except HwError:
            wireless.close()
            raise
        return _Link(wireless=wireless, interface=interface)

    def _ask(self, wireless: Wireless, interface: WifiInterface) -> tuple[ChannelSurvey, ...]:
        try:
            return wireless.survey(interface.number)
        except DeviceMissing as error:
            raise DeviceMissing(f"{interface.name} gives no survey of its channels", hint=NEEDED) from error

    def read_survey(self) -> SurveyBatch:
        """Return the counters of now.

        Raises
        ------
        DeviceLost
            The adapter is gone, or says that every channel was busy for longer than it listened there.
        """
        link = self._held.hold()
        try:
            link.interface = _choose(link.wireless.interfaces(), self._wanted)
            channels = self._ask(link.wireless, link.interface)
            if channels and all(map(is_impossible, channels)):
                raise DeviceLost(
                    f"{link.interface.name} counts what cannot be",
                    hint="Unplug the Wi-Fi adapter and plug it in again.",
                    reason=Reason.GARBAGE,
                )
        except HwError as error:
            raise self._held.lose(_as_lost(error)) from error
        self._reads += 1
        return SurveyBatch(t_ns=self._clock.now_ns(), channels=channels)

    def health(self) -> DeviceHealth:
        """Return the health, with the number of reads."""
        return self._held.health({"reads": float(self._reads)})


def is_impossible(channel: ChannelSurvey) -> bool:
    """Say whether a channel was busy for longer than it was listened to.

    Parameters
    ----------
    channel : ChannelSurvey
        Its counters, ms.

    Returns
    -------
    bool
    """
    if channel.time_ms is None:
        return False
    parts = (channel.busy_ms or 0, (channel.rx_ms or 0) + (channel.tx_ms or 0))
    return any(part > channel.time_ms + SLACK_MS for part in parts)


def _choose(interfaces: tuple[WifiInterface, ...], wanted: str | None) -> WifiInterface:
    """Return the interface that listens, else the wanted one, else the first."""
    there = sorted(interfaces, key=lambda i: (i.type != MONITOR, i.name != wanted, i.number))
    if not there:
        raise DeviceMissing("No Wi-Fi adapter is plugged in", hint=REPLUG_HINT)
    return there[0]


def _as_lost(error: HwError) -> DeviceLost:
    if isinstance(error, DeviceLost):
        return error
    return DeviceLost(error.what, hint=error.hint or REPLUG_HINT)


def open_survey(
    *,
    target: str,  # noqa: ARG001 - kit factory
    config: HwConfig,
    clock: Clock,
    sys_root: Path = Path("/sys"),
) -> SurveyAdapter:
    """Open the survey of the adapter that listens.

    Raises
    ------
    DeviceMissing
        There is no adapter, or its driver counts nothing.
    MissingComponent
        pyroute2 is not installed.
    """
    return SurveyAdapter(
        wanted=config.monitor.interface, clock=clock, connect=lambda: open_wireless(sys_root)
    )

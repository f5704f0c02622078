"""Counts the airtime of the Wi-Fi channels at a place without a camera: the baseline of the survey."""

from __future__ import annotations

from contextlib import ExitStack
from itertools import cycle

from firmware.settings.settings import Settings
from hw.clock import ManualClock, SystemClock
from hw.errors import DeviceMissing, EndOfRecording
from hw.kit import open_device, parse_spec
from hw.protocols import Clock, MonitorRadio
from sweeper.bands import HIGH_PARTS
from sweeper.survey_levels import ChannelLevel
from sweeper.survey_sensor import READ_S, SurveySensor


def count_airtime(kit: str, settings: Settings, *, seconds: float) -> tuple[ChannelLevel, ...]:
    """Return what the survey of a kit counts on each channel in so many seconds.

    Parameters
    ----------
    kit : str
        ``auto``, ``pi``, ``replay:PATH`` or ``sim:SCENE``.
    settings : Settings
        All settings.
    seconds : float
        Time over all channels, s. A real adapter is led round its channels meanwhile.

    Returns
    -------
    tuple of ChannelLevel
        The channels that were watched long enough.

    Raises
    ------
    HwError
        The adapter cannot be opened, or gives no survey.
    """
    live = parse_spec(kit)[0] == "pi"
    clock: Clock = SystemClock() if live else ManualClock()
    with ExitStack() as open_devices:
        monitor = _monitor(kit, settings, clock) if live else None
        if monitor is not None:
            open_devices.enter_context(monitor)
        radio = open_device("survey", spec=kit, config=settings.hw, clock=clock)
        open_devices.enter_context(radio)
        sensor = SurveySensor(radio=radio, clock=clock)
        channels = cycle(monitor.channels_hz()) if monitor is not None and monitor.channels_hz() else None
        until_ns = clock.now_ns() + round(seconds * 1e9)
        while clock.now_ns() < until_ns:
            try:
                sensor.step()
            except EndOfRecording:
                break
            if monitor is not None and channels is not None:
                monitor.set_channel(center_hz=next(channels))
                monitor.read(duration_s=READ_S)
            else:
                clock.sleep_until(clock.now_ns() + round(READ_S * 1e9))
        return tuple(level for part in HIGH_PARTS for level in sensor.levels(part))


def _monitor(kit: str, settings: Settings, clock: Clock) -> MonitorRadio | None:
    """Open the adapter that is led round; without one only the channel that it is on is counted."""
    try:
        radio: MonitorRadio = open_device("monitor", spec=kit, config=settings.hw, clock=clock)
    except DeviceMissing:
        return None
    return radio

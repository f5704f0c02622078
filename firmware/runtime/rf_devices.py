"""Puts the RF sensor onto what a unit has: an RTL-SDR, a Wi-Fi adapter that makes spectra, or both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from firmware.sensor import Sensor
from firmware.settings.settings import Settings
from hw.errors import HwError
from hw.kit import SECOND_ROLES, SENSOR_ROLES, RfDevices
from hw.protocols import Clock, Sdr, SpectralRadio
from hw.types import SensorName


def roles_of(wanted: Sequence[SensorName]) -> tuple[str, ...]:
    """Return the devices of some sensors, and those that they also use where a unit has them."""
    every = {**SENSOR_ROLES, **SECOND_ROLES}
    first = [role for name in wanted for role in SENSOR_ROLES if every[role] == name]
    return (*first, *(role for role in SECOND_ROLES if every[role] in wanted))


def rf_device(sdr: Sdr | None, spectral: SpectralRadio | None) -> Sdr | SpectralRadio | RfDevices | None:
    """Return what the RF sensor listens with; None where there is nothing."""
    if sdr is not None and spectral is not None:
        return RfDevices(sdr=sdr, spectral=spectral)
    return spectral if sdr is None else sdr


def open_rf(open_role: Callable[[str], Any]) -> Sdr | SpectralRadio | RfDevices:
    """Open whatever there is; raises the receiver's `HwError` where there is nothing."""
    opened: dict[str, Any] = {}
    problems: list[HwError] = []
    for role in roles_of(("rf",)):
        try:
            opened[role] = open_role(role)
        except HwError as error:
            problems.append(error)
    device = rf_device(opened.get("sdr"), opened.get("spectral"))
    if device is None:
        raise problems[0]
    return device


def build_rf(device: Any, *, clock: Clock, settings: Settings) -> Sensor:
    """Create the RF sensor on what was opened for it."""
    if isinstance(device, RfDevices):
        from sweeper.two_receivers import TwoReceivers

        sweeper, spectral = (build_rf(part, clock=clock, settings=settings) for part in device)
        return TwoReceivers(sweeper, spectral, clock=clock)  # type: ignore[arg-type]
    if isinstance(device, SpectralRadio):
        from sweeper.spectral_sensor import SpectralSensor

        return SpectralSensor(radio=device, waterfall_rows=settings.rf.waterfall_rows)
    from sweeper.sweeper import Sweeper

    return Sweeper(sdr=device, clock=clock, config=settings.rf)

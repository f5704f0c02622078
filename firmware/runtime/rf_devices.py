"""Puts the RF sensor onto what a unit has: a receiver, a Wi-Fi adapter that makes spectra, and others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from firmware.sensor import Sensor
from firmware.settings.settings import Settings
from hw.errors import HwError
from hw.kit import SECOND_ROLES, SENSOR_ROLES, RfDevices
from hw.protocols import Clock, Device, SpectralRadio, SurveyRadio, VideoReceiver
from hw.types import SensorName

# The survey hears so little by itself that without any of these the receiver counts as missing.
ALONE = ("sdr", "spectral", "video_receiver")


def roles_of(wanted: Sequence[SensorName]) -> tuple[str, ...]:
    """Return the devices of some sensors, and those that they also use where a unit has them."""
    every = {**SENSOR_ROLES, **SECOND_ROLES}
    first = [role for name in wanted for role in SENSOR_ROLES if every[role] == name]
    return (*first, *(role for role in SECOND_ROLES if every[role] in wanted))


def rf_device(there: Mapping[str, Device | None], *, recorded: bool = False) -> Device | RfDevices | None:
    """Return what the RF sensor listens with; None where there is nothing that it could do with alone.

    ``there`` are the devices by role, None for one that is absent. Of a recording whatever it has is played.
    """
    devices = {role: there.get(role) for role in roles_of(("rf",))}
    found = tuple(device for device in devices.values() if device is not None)
    if not found or not (recorded or any(devices[role] is not None for role in ALONE)):
        return None
    return found[0] if len(found) == 1 else RfDevices(found)


def open_rf(open_role: Callable[[str], Any]) -> Device | RfDevices:
    """Open whatever there is; raises the receiver's `HwError` where there is nothing."""
    opened: dict[str, Any] = {}
    problems: list[HwError] = []
    for role in roles_of(("rf",)):
        try:
            opened[role] = open_role(role)
        except HwError as error:
            problems.append(error)
    device = rf_device(opened)
    if device is None:
        for useless in opened.values():
            useless.close()
        raise problems[0]
    return device


def build_rf(device: Any, *, clock: Clock, settings: Settings) -> Sensor:
    """Create the RF sensor on what was opened for it."""
    if not isinstance(device, RfDevices):
        return _alone(device, clock=clock, settings=settings)
    from sweeper.receiver_group import ReceiverGroup, SweepGroup
    from sweeper.sweeper import Sweeper

    first = _alone(device[0], clock=clock, settings=settings)
    others = {
        part.info().role: _alone(part, clock=clock, settings=settings, beside=True) for part in device[1:]
    }
    if isinstance(first, Sweeper):
        return SweepGroup(first, others, clock=clock)  # type: ignore[arg-type]
    return ReceiverGroup(first, others, clock=clock)  # type: ignore[arg-type]


def _alone(device: Any, *, clock: Clock, settings: Settings, beside: bool = False) -> Sensor:
    if isinstance(device, SpectralRadio):
        from sweeper.spectral_sensor import BESIDE_S, CHUNK_S, SpectralSensor

        rows, chunk_s = settings.rf.waterfall_rows, BESIDE_S if beside else CHUNK_S
        return SpectralSensor(radio=device, waterfall_rows=rows, chunk_s=chunk_s)
    if isinstance(device, SurveyRadio):
        from sweeper.survey_baseline import read_baselines
        from sweeper.survey_sensor import SurveySensor

        known = read_baselines(settings.rf.survey_baseline, settings.rf.survey_corridor)
        return SurveySensor(radio=device, clock=clock, baseline=known, waits=not beside)
    if isinstance(device, VideoReceiver):
        from sweeper.tuned_receiver import TunedReceiver

        return TunedReceiver(radio=device)
    from sweeper.sweeper import Sweeper

    return Sweeper(sdr=device, clock=clock, config=settings.rf)

"""Opens a kit and puts the sensors onto its devices. It decides nothing about what they find.

A sensor and the recorder are imported when they are asked for: OpenCV, Scapy and SigMF take 60 MB and most of
the start-up time, which a run without them saves.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firmware.errors import NoSensors
from firmware.log import get_logger
from firmware.runtime.rf_devices import build_rf, open_rf, rf_device, roles_of
from firmware.runtime.sensor_snapshot import DevicesOf
from firmware.sensor import Sensor
from firmware.settings.calibration import lens_calibration, with_distance, with_own_lines
from firmware.settings.settings import Settings
from firmware.verdict.engine import Engine, SensorMissing
from firmware.verdict.judge import Judge
from firmware.verdict.minimum import minimum_for
from firmware.verdict.sensor_state import Recognise
from hw.clock import ManualClock, SystemClock
from hw.errors import DeviceMissing, HwError
from hw.kit import (
    PANEL_ROLES,
    SENSOR_ROLES,
    Kit,
    RfDevices,
    open_device,
    open_kit,
    reopen,
    spec_of_place,
)
from hw.light_guard import guarded
from hw.protocols import Clock
from hw.types import SENSOR_NAMES, DeviceInfo, SensorName
from lensdetect.calibration import Calibration

if TYPE_CHECKING:
    from hw.replay.recorder import Recorder

ROLE_OF: Mapping[SensorName, str] = {name: role for role, name in SENSOR_ROLES.items()}
OpenSensor = Callable[[], Sensor]
ReopenDevices = Callable[[], None]
RenewSensor = Callable[[int], Sensor]  # takes the number of the place, from 0
log = get_logger(__name__)


def build_sensor(
    name: SensorName,
    device: Any,
    *,
    clock: Clock,
    settings: Settings,
    calibration: Calibration | None = None,
) -> Sensor:
    """Create one sensor on its opened device.

    Parameters
    ----------
    name : SensorName
        The sensor.
    device : Device
        Its opened device; for the lens a pair of camera and lights.
    clock : Clock
        The session clock of the device.
    settings : Settings
        All settings.
    calibration : Calibration, optional
        Of the lens: the measurements of this unit's camera.

    Returns
    -------
    Sensor
        A sensor that has measured nothing yet.
    """
    match name:
        case "rf":
            return build_rf(device, clock=clock, settings=settings)
        case "wifi":
            from wifiscan.scanner import WifiScanner

            return WifiScanner(radio=device, clock=clock, config=settings.wifi)
        case "ble":
            from wifiscan.scanner import BleScanner

            return BleScanner(radio=device, clock=clock, config=settings.ble)
        case "lens":
            from lensdetect.finder import LensFinder

            camera, leds = device
            return LensFinder(
                camera=camera,
                leds=leds,
                clock=clock,
                config=settings.lens,
                calibration=calibration,
                rate_hz=settings.hw.camera.rate_hz,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRun:
    """Everything that is open for one run. A context manager: leaving it closes sensors and devices.

    ``openers`` return a sensor at each call: first the one in ``sensors``, then one on newly opened devices.
    ``reopeners`` open the lost devices under the sensor that there is.
    ``problems`` says why a sensor that was asked for is absent.
    """

    spec: str
    live: bool
    kit: Kit
    sensors: Mapping[SensorName, Sensor]
    clocks: Mapping[SensorName, Clock]
    panel_clock: Clock
    openers: Mapping[SensorName, OpenSensor]
    reopeners: Mapping[SensorName, ReopenDevices]
    problems: Mapping[SensorName, HwError]
    expected: tuple[SensorName, ...]
    wanted: tuple[SensorName, ...]  # all that was asked for, whether it is there or not
    renewers: Mapping[SensorName, RenewSensor]
    devices: Mapping[SensorName, DevicesOf]
    recorder: Recorder | None = None

    def engine(self, settings: Settings, recognise: Recognise | None = None) -> Engine:
        """Return an engine that knows which sensors are open, and why the others are not."""
        engine = Engine(
            judge=Judge(prior=settings.prior, minimum=minimum_for("unknown", only=self.wanted)),
            config=settings.engine,
            sensors=self.expected,
            recognise=recognise,
        )
        for name, error in self.problems.items():
            engine.handle(SensorMissing(sensor=name, reason=error.reason, hint=error.hint))
        return engine

    def close(self) -> None:
        """Close everything, whatever fails on the way; may be called twice."""
        with ExitStack() as closing:
            if self.recorder is not None:
                closing.callback(self.recorder.close)
            closing.callback(self.kit.close)
            for name, sensor in self.sensors.items():
                closing.callback(_close_sensor, name, sensor)

    def __enter__(self) -> OpenRun:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def open_sensors(
    spec: str,
    settings: Settings,
    *,
    live: bool,
    only: set[SensorName] | None = None,
    record_to: Path | None = None,
    open_later: bool = False,
) -> OpenRun:
    """Open the sensors of a kit.

    Parameters
    ----------
    spec : str
        ``auto``, ``pi``, ``replay:PATH`` or ``sim:SCENE``.
    live : bool
        One running clock for all (threads), or one manual clock each (taking turns).
    only : set of sensor names, optional
        Open no others.
    record_to : Path, optional
        Folder in which everything the devices give is recorded as a session.
    open_later : bool
        Go on even if no sensor is there yet: a running handheld waits for its devices. Live, every sensor is
        then opened by its own thread, so that the screen is there at once and a device that is plugged in
        later is found by itself.

    Returns
    -------
    OpenRun
        The sensors that could be opened, and the errors of the others.

    Raises
    ------
    BadKit, BadRecording
        The kit or recording does not exist or is not what it says.
    NoSensors
        None of the sensors asked for could be opened.
    """
    wanted = tuple(n for n in SENSOR_NAMES if only is None or n in only)
    settings = with_distance(spec, settings) if "lens" in wanted else settings
    clocks, panel_clock = _clocks(live=live)
    later = live and open_later  # each on its own thread, so that the screen waits for none
    roles = (() if later else roles_of(wanted)) + PANEL_ROLES
    kit = open_kit(spec, config=settings.hw, clocks=clocks, panel_clock=panel_clock, roles=roles)
    with ExitStack() as undo:
        undo.callback(kit.close)
        absent = () if later else tuple(n for n in wanted if _device_of(kit, n) is None)
        problems = {n: _problem(kit, n) for n in absent}
        if problems and len(problems) == len(wanted) and not open_later:
            raise _no_sensors(spec, problems)
        recorder = _recorder(record_to, spec, settings)
        if recorder is not None:
            from hw.replay.recorder import record_kit

            undo.callback(recorder.close)
            kit = record_kit(kit, recorder, clocks=clocks, panel_clock=panel_clock)
        sources = {
            n: SensorSource(
                n, _device_of(kit, n), spec=spec, clock=clocks[n], settings=settings, recorder=recorder
            )
            for n in wanted
            if n not in problems or (live and not kit.recorded)  # what a recording lacks never comes
        }
        sensors = {n: source.first for n, source in sources.items() if source.first is not None}
        undo.pop_all()
    return OpenRun(
        spec=spec,
        live=live,
        kit=kit,
        sensors=sensors,
        clocks=clocks,
        panel_clock=panel_clock,
        openers={n: source.open for n, source in sources.items()},
        reopeners={n: source.reopen for n, source in sources.items()},
        problems=problems,
        expected=wanted if later else tuple(sensors),
        wanted=wanted,
        renewers={n: source.renew for n, source in sources.items()},
        devices={n: source.devices for n, source in sources.items()},
        recorder=recorder,
    )


def _close_sensor(name: SensorName, sensor: Sensor) -> None:
    """Close a sensor; one that fails to close must cost neither the verdict nor the recording."""
    try:
        sensor.close()
    except HwError as error:
        log.warning("sensor did not close", sensor=name, what=error.what)


def _clocks(*, live: bool) -> tuple[dict[SensorName, Clock], Clock]:
    if live:
        clock = SystemClock()
        return dict.fromkeys(SENSOR_NAMES, clock), clock
    return {name: ManualClock() for name in SENSOR_NAMES}, ManualClock()


def _device_of(kit: Kit, name: SensorName) -> Any:
    if name == "lens":
        return None if kit.camera is None or kit.leds is None else (kit.camera, kit.leds)
    if name == "rf":
        return rf_device({role: getattr(kit, role) for role in roles_of(("rf",))}, recorded=kit.recorded)
    return {"wifi": kit.monitor, "ble": kit.ble}[name]


def _problem(kit: Kit, name: SensorName) -> HwError:
    role = ROLE_OF[name]
    return kit.problems.get(role) or DeviceMissing(f"There is no {role}")


def _no_sensors(spec: str, problems: Mapping[SensorName, HwError]) -> Exception:
    """Return the error of a run without sensors; one missing component keeps its own exit code."""
    if len(problems) == 1:
        return next(iter(problems.values()))
    listed = "; ".join(f"{name}: {error.what}" for name, error in problems.items())
    return NoSensors(
        f"The kit {spec} has none of the sensors ({listed})", hint="`ansim diag check` says more."
    )


class SensorSource:
    """Makes one sensor as often as needed: on the devices of the kit, on newly opened ones, for a new place.

    ``device`` is None where the kit had none. The light budget belongs to the device, not to the sensor: a
    renewed sensor must not begin with a full one.
    """

    def __init__(
        self,
        name: SensorName,
        device: Any,
        *,
        spec: str,
        clock: Clock,
        settings: Settings,
        recorder: Recorder | None,
    ) -> None:
        self._spec = self._at = settings.hw.backend.get(ROLE_OF[name], spec)
        self._settings = with_own_lines(self._spec, settings) if name == "rf" else settings
        self._name, self._clock, self._recorder = name, clock, recorder
        self._calibration = lens_calibration(spec) if name == "lens" else None
        self._device: Any = None
        self.first = None if device is None else self._built(device)
        self._waiting = self.first

    def open(self) -> Sensor:
        """Return the sensor on the kit's devices at the first call, then one on newly opened devices."""
        if self._waiting is not None:
            first, self._waiting = self._waiting, None
            return first
        return self._built(self._opened())

    def reopen(self) -> None:
        """Open the lost devices again, under the sensor that was made last; raises `HwError` while away.

        The second receiver's loss does not stop the first one; `sweeper.receiver_group` opens it again.
        """
        for part in self._parts()[:1] if isinstance(self._device, RfDevices) else self._parts():
            reopen(part)

    def renew(self, place: int) -> Sensor:
        """Return a sensor without any observations; a simulated room is left for the next one."""
        at = spec_of_place(self._spec, number=place, t_ns=self._clock.now_ns())
        if at != self._spec:
            self._at = at
            for part in self._parts():
                part.close()
            return self._built(self._opened())
        return self._sensor()

    def devices(self) -> tuple[DeviceInfo, ...]:
        """Return the identities of the devices that the sensor measures with now; none before they open."""
        return tuple(part.info() for part in self._parts() if part is not None)

    def _parts(self) -> tuple[Any, ...]:
        return self._device if isinstance(self._device, tuple) else (self._device,)

    def _opened(self) -> Any:
        return open_rf(self._opened_role) if self._name == "rf" else self._opened_role(ROLE_OF[self._name])

    def _opened_role(self, role: str) -> Any:
        hw = self._settings.hw
        at = self._at if role in SENSOR_ROLES else hw.backend.get(role, self._at)
        config = hw.model_copy(update={"backend": {**hw.backend, role: at}})
        device = open_device(role, spec=at, config=config, clock=self._clock)
        return device if self._recorder is None else self._recorder.wrap(role, device, clock=self._clock)

    def _built(self, device: Any) -> Sensor:
        if self._name == "lens":
            camera, leds = device
            device = (camera, guarded(leds, clock=self._clock, config=self._settings.lens.lights))
        self._device = device
        return self._sensor()

    def _sensor(self) -> Sensor:
        return build_sensor(
            self._name,
            self._device,
            clock=self._clock,
            settings=self._settings,
            calibration=self._calibration,
        )


def _recorder(record_to: Path | None, spec: str, settings: Settings) -> Recorder | None:
    if record_to is None:
        return None
    from hw.replay.provenance import provenance_to_record
    from hw.replay.recorder import Recorder

    return Recorder(
        record_to,
        wall_ns=time.time_ns(),
        kit=spec,
        provenance=provenance_to_record(spec, settings.hw.backend),
        settings=settings.model_dump(mode="json", exclude_none=True),
    )

"""Opens the devices of a run by one word: ``auto``, ``pi``, ``replay:PATH`` or ``sim:SCENE``.

The table holds ``"module:factory"`` strings, so that no vendor driver is imported unless it is used.
A factory takes ``(target, config, clock)`` and returns the device (for ``camera``: camera and lights),
or raises `DeviceMissing` / `MissingComponent` where this kit has no such device.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, NamedTuple

from hw.config import HwConfig
from hw.errors import (
    BadKit,
    DeviceBusy,
    DeviceDenied,
    DeviceLost,
    DeviceMissing,
    HwError,
    MissingComponent,
)
from hw.protocols import (
    Battery,
    BleRadio,
    Buttons,
    Buzzer,
    Camera,
    Clock,
    Device,
    Display,
    Leds,
    MonitorRadio,
    Reopens,
    Sdr,
    SpectralRadio,
    SurveyRadio,
    VideoReceiver,
)
from hw.types import SensorName

SENSOR_ROLES: Mapping[str, SensorName] = {"sdr": "rf", "monitor": "wifi", "ble": "ble", "camera": "lens"}
# Further devices of a sensor, which only some units have.
SECOND_ROLES: Mapping[str, SensorName] = {"spectral": "rf", "survey": "rf", "video_receiver": "rf"}
PANEL_ROLES = ("display", "buttons", "buzzer", "battery")

BACKENDS: Mapping[str, Mapping[str, str]] = {
    "pi": {
        "sdr": "hw.pi.rtlsdr:open_sdr",
        "spectral": "hw.pi.spectral:open_spectral",
        "survey": "hw.pi.survey:open_survey",
        "video_receiver": "hw.pi.video_receiver:open_video_receiver",
        "monitor": "hw.pi.monitor:open_monitor",
        "ble": "hw.pi.hci:open_ble",
        "camera": "hw.pi.camera:open_camera_with_leds",
        "display": "hw.pi.lcd:open_display",
        "buttons": "hw.pi.buttons:open_buttons",
        "buzzer": "hw.pi.buttons:open_buzzer",
        "battery": "hw.pi.power:open_battery",
    },
    "replay": {
        "sdr": "hw.replay.sdr:open_sdr",
        "spectral": "hw.replay.spectral:open_spectral",
        "survey": "hw.replay.survey:open_survey",
        "video_receiver": "hw.replay.video_receiver:open_video_receiver",
        "monitor": "hw.replay.radio:open_monitor",
        "ble": "hw.replay.radio:open_ble",
        "camera": "hw.replay.camera:open_camera_with_leds",
        "buttons": "hw.replay.panel:open_buttons",
    },
    "sim": {
        "sdr": "hw.sim.sdr:open_sdr",
        "spectral": "hw.sim.spectral:open_spectral",
        "survey": "hw.sim.survey:open_survey",
        "video_receiver": "hw.sim.video_receiver:open_video_receiver",
        "monitor": "hw.sim.radio:open_monitor",
        "ble": "hw.sim.ble:open_ble",
        "camera": "hw.sim.camera:open_camera_with_leds",
        "display": "hw.sim.panel:open_display",
        "buttons": "hw.sim.panel:open_buttons",
        "buzzer": "hw.sim.panel:open_buzzer",
        "battery": "hw.sim.panel:open_battery",
    },
}


class CameraWithLeds(NamedTuple):
    """The camera and the lights beside it: two devices that measure together."""

    camera: Camera
    leds: Leds


class RfDevices(tuple[Device, ...]):
    """Two or more devices of the RF sensor: the receiver first, then those that hear where it is deaf."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kit:
    """The devices of one run; an absent one is None, and ``problems`` says why."""

    spec: str
    recorded: bool
    sdr: Sdr | None = None
    spectral: SpectralRadio | None = None
    survey: SurveyRadio | None = None
    video_receiver: VideoReceiver | None = None
    monitor: MonitorRadio | None = None
    ble: BleRadio | None = None
    camera: Camera | None = None
    leds: Leds | None = None
    display: Display | None = None
    buttons: Buttons | None = None
    buzzer: Buzzer | None = None
    battery: Battery | None = None
    problems: Mapping[str, HwError] = field(default_factory=dict)

    def devices(self) -> tuple[Device, ...]:
        """Return every device that is open."""
        heard = (self.sdr, self.spectral, self.survey, self.video_receiver, self.monitor, self.ble)
        every = (*heard, self.camera, self.leds, self.display, self.buttons, self.buzzer, self.battery)
        return tuple(d for d in every if d is not None)

    def close(self) -> None:
        """Close every device; may be called twice."""
        for device in self.devices():
            device.close()


def parse_spec(spec: str) -> tuple[str, str]:
    """Split ``sim:empty-room?seed=3`` into backend and target.

    Parameters
    ----------
    spec : str
        The kit as typed: ``auto``, ``pi``, ``replay:PATH`` or ``sim:SCENE``.

    Returns
    -------
    backend, target : str
        ``auto`` is given as ``pi``; the target is empty where the backend needs none.

    Raises
    ------
    BadKit
        There is no such backend, or its target is missing.
    """
    backend, _, target = spec.partition(":")
    backend = "pi" if backend == "auto" else backend
    if backend not in BACKENDS:
        raise BadKit(f"There is no kit {spec!r}", hint="Use auto, pi, replay:PATH or sim:SCENE.")
    if backend in {"replay", "sim"} and not target:
        raise BadKit(f"--kit {backend} needs a target", hint=f"For example --kit {EXAMPLES[backend]}.")
    return backend, target


def spec_of_place(spec: str, *, number: int, t_ns: int) -> str:
    """Return the kit as it is at the n-th place (from 0) of one run, entered at ``t_ns``.

    Only simulated rooms change with the place; for every other kit this is the spec itself, and its devices
    stay open.

    Parameters
    ----------
    spec : str
        The kit of the run.
    number : int
        Number of the place in the run, from 0.
    t_ns : int
        Session time at which the place is entered, in ns.

    Returns
    -------
    str
        The kit of that place.
    """
    backend, target = parse_spec(spec)
    if backend != "sim":
        return spec
    mark = "&" if "?" in target else "?"
    return f"sim:{target}{mark}place={number}&start={t_ns / 1e9:.9f}"


EXAMPLES = {"replay": "replay:recordings/monday", "sim": "sim:analog-camera"}


def open_device(role: str, *, spec: str, config: HwConfig, clock: Clock) -> Any:
    """Open one device of a kit.

    Parameters
    ----------
    role : str
        One of `SENSOR_ROLES`, `SECOND_ROLES` or `PANEL_ROLES`.
    spec : str
        The kit; ``config.backend`` may name another one for this role.
    config : HwConfig
        Settings of the devices.
    clock : Clock
        Gives the session time of everything that the device delivers.

    Returns
    -------
    Device
        A device as in `hw.protocols`; for ``camera`` a `CameraWithLeds`.

    Raises
    ------
    DeviceMissing
        The kit has no such device, or it is not plugged in.
    MissingComponent
        A library that the device needs is not installed.
    HwError
        The device cannot be opened.
    """
    backend, target = parse_spec(config.backend.get(role, spec))
    entry = BACKENDS[backend].get(role)
    if entry is None:
        raise DeviceMissing(f"The {backend} kit has no {role}")
    return _factory(entry)(target=target, config=config, clock=clock)


def _factory(entry: str) -> Callable[..., Any]:
    module_name, _, name = entry.partition(":")
    try:
        module = import_module(module_name)
    except ModuleNotFoundError as error:
        raise MissingComponent(
            f"{error.name or module_name} is not installed", hint="Install ansim with its [pi] extra."
        ) from error
    return getattr(module, name)  # type: ignore[no-any-return]


def reopen(device: object) -> None:
    """Open a lost device again; one that was never really closed, such as a recording, is left as it is.

    Raises
    ------
    DeviceLost
        It is still away.
    """
    if isinstance(device, Reopens):
        device.reopen()


def open_kit(
    spec: str,
    *,
    config: HwConfig,
    clocks: Mapping[SensorName, Clock],
    panel_clock: Clock,
    roles: tuple[str, ...] = (*SENSOR_ROLES, *SECOND_ROLES, *PANEL_ROLES),
) -> Kit:
    """Open every device of a kit that is there.

    ``clocks`` holds one running clock for all sensors when live, and one manual clock for each when the
    sensors take turns. An absent device is no error here; its error is kept in ``Kit.problems``.

    Parameters
    ----------
    spec : str
        The kit as typed.
    config : HwConfig
        Settings of the devices.
    clocks : mapping of sensor name to Clock
        The clock of each sensor.
    panel_clock : Clock
        The clock of screen, buttons, buzzer and battery.
    roles : tuple of str
        The devices to open.

    Returns
    -------
    Kit
        The opened devices, and the errors of those that could not be opened.

    Raises
    ------
    BadKit
        The kit, scene or file does not exist.
    BadRecording
        The file is there, but is not what it says.
    """
    opened: dict[str, Any] = {}
    problems: dict[str, HwError] = {}
    for role in roles:
        sensor = SENSOR_ROLES.get(role) or SECOND_ROLES.get(role)
        clock = panel_clock if sensor is None else clocks[sensor]
        try:
            opened[role] = open_device(role, spec=spec, config=config, clock=clock)
        except (DeviceMissing, DeviceBusy, DeviceDenied, DeviceLost, MissingComponent) as error:
            problems[role] = error
    pair = opened.pop("camera", None)
    if pair is not None:
        opened["camera"], opened["leds"] = pair
    return Kit(spec=spec, recorded=parse_spec(spec)[0] == "replay", problems=problems, **opened)

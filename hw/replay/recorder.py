"""Records a session: taps every device of a kit and writes what it gives into a folder.

The session replays to the same blocks, batches and frames, errors of devices included. Recording never
disturbs the run: where the limit is reached or the disk is full, that part ends there, the manifest and the
health of the device say so, and everything else goes on.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol, TypeVar

from hw.closing import Closing
from hw.config import CameraConfig, LightConfig
from hw.errors import BadRecording, EndOfRecording, HwError
from hw.kit import SECOND_ROLES, SENSOR_ROLES, CameraWithLeds, Kit, reopen
from hw.light_guard import guarded
from hw.protocols import (
    RTL_SDR_REACH_HZ,
    BleRadio,
    Buttons,
    Camera,
    Clock,
    Decodes,
    Device,
    MonitorRadio,
    Reaches,
    Sdr,
    SpectralRadio,
)
from hw.replay.bounded_file import MEGABYTE, GrowingFile, ReadBudget, RecordingStopped
from hw.replay.device import FAULTS, FAULTS_FILE, ReplayFault
from hw.replay.jsonl import format_line
from hw.replay.manifest import ANY_ROLE, FILE_NAME, Manifest, SessionPart, write_manifest
from hw.replay.writers import WRITERS, CameraWriter, MonitorWriter, Writer
from hw.types import (
    BleBatch,
    ButtonPress,
    DeviceHealth,
    DeviceInfo,
    Dot11Batch,
    Frame,
    IqBlock,
    SensorName,
    SpectralBatch,
)

T = TypeVar("T")
MOST_FAULTS = 10_000
DEFAULT_LIMIT_MB = 4000


class _Write(Protocol):
    def __call__(self, item: Any, /, *, until_ns: int) -> None: ...


@dataclass(slots=True)
class _Track:
    """One role's recording; it goes on where its device is opened again."""

    role: str
    writer: Writer
    reads: int = 0
    stopped: str = ""


class Recorder(Closing):
    """Records devices into one folder.

    Parameters
    ----------
    folder
        New or empty; it is made where it is missing.
    wall_ns
        What t_ns = 0 is on the wall, ns since 1970.
    limit_mb
        Megabytes that the session may take. Radio samples and pictures leave some of it to the others.
    kit, provenance, settings
        Noted in the manifest; ``provenance`` is live, replayed or simulated.

    Raises
    ------
    BadRecording
        The folder holds something already, or cannot be written to.
    """

    def __init__(
        self,
        folder: Path,
        *,
        wall_ns: int,
        limit_mb: int = DEFAULT_LIMIT_MB,
        kit: str = "",
        provenance: str = "",
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        _make_empty(folder)
        self.folder = folder
        self._wall_ns = wall_ns
        self._budget = ReadBudget(limit_mb * MEGABYTE)
        self._kit = kit
        self._provenance = provenance
        self._settings = settings or {}
        self._devices: dict[str, DeviceInfo] = {}
        self._tracks: dict[str, _Track] = {}
        self._faults = GrowingFile(folder / FAULTS_FILE, role=ANY_ROLE, budget=self._budget)
        self._fault_count = 0
        self._lock = threading.RLock()
        self._closed = False
        self._write_manifest([], finished=False)

    def wrap(self, role: str, device: Any, *, clock: Clock) -> Any:
        """Return the device wrapped so that it is recorded; one that is opened again continues its part.

        ``device`` of the role ``camera`` may be an `CameraWithLeds` (or any pair of camera and lights): what
        the sensor is told of the lights is recorded too, as it labels the pictures by that.
        """
        if isinstance(device, tuple):
            camera, leds = device[0], guarded(device[1], clock=clock, config=LightConfig())
            tapped = self.wrap(role, camera, clock=clock)
            writer = self._tracks[role].writer
            if isinstance(writer, CameraWriter):
                writer.lights = tuple(leds.states())
                leds.on_taken = writer.note_switches
            return CameraWithLeds(camera=tapped, leds=leds)
        tap = TAPS.get(role)
        if tap is None:
            return device
        with self._lock:
            self._devices.setdefault(role, device.info())
            if role not in self._tracks:
                writer = WRITERS[role](self.folder, budget=self._budget, wall_ns=self._wall_ns)
                self._tracks[role] = _Track(role=role, writer=writer)
                if isinstance(writer, MonitorWriter):
                    writer.channels_hz = tuple(device.channels_hz())
                    writer.generations = device.generations() if isinstance(device, Decodes) else {}
        return tap(device, clock, self, self._tracks[role])

    def stopped(self) -> Mapping[str, str]:
        """Return the roles whose recording ended early, and why."""
        return {role: track.stopped for role, track in self._tracks.items() if track.stopped}

    def close(self) -> None:
        """Finish every part and write the manifest; may be called twice."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            parts: list[SessionPart] = []
            for track in self._tracks.values():
                try:
                    parts += track.writer.close()
                except (OSError, RecordingStopped) as error:
                    track.stopped = track.stopped or str(error)
            self._faults.close()
            if self._faults.bytes:
                size, digest = self._faults.bytes, self._faults.sha256()
                parts.append(SessionPart(role=ANY_ROLE, path=FAULTS_FILE, bytes=size, sha256=digest))
            self._write_manifest(parts)

    def _write_manifest(self, parts: list[SessionPart], *, finished: bool = True) -> None:
        manifest = Manifest(
            wall_ns=self._wall_ns,
            kit=self._kit,
            provenance=self._provenance,
            devices=tuple(self._devices.values()),
            settings=self._settings,
            parts=tuple(parts),
            stopped=self.stopped(),
        )
        try:
            write_manifest(self.folder, manifest, finished=finished)
        except OSError as error:
            raise BadRecording(
                f"{FILE_NAME} cannot be written: {error.strerror}",
                hint="The session replays without it, unverified.",
            ) from error

    def keep(self, track: _Track, write: _Write, item: object, *, until_ns: int) -> None:
        """Write what a device returned, unless its part has ended."""
        with self._lock:
            if track.stopped or self._closed:
                return
        try:
            write(item, until_ns=until_ns)
            track.reads += 1
        except RecordingStopped as stop:
            track.stopped = str(stop)

    def keep_fault(self, track: _Track, error: HwError, *, t_ns: int) -> None:
        """Note that a device failed here, so that the replay fails here too."""
        with self._lock:
            if track.stopped or self._closed or self._fault_count >= MOST_FAULTS:
                return
            self._fault_count += 1
            fault = ReplayFault(
                after=track.reads,
                t_ns=t_ns,
                error=type(error).__name__,
                what=error.what,
                hint=error.hint,
                reason=str(error.reason),
            )
            try:
                self._faults.write(format_line({"role": track.role, **asdict(fault)}))
                self._faults.flush()
            except RecordingStopped as stop:
                track.stopped = str(stop)


class Tap(Closing):
    """Wraps a device and records it; every call is passed on to the device."""

    def __init__(self, device: Device, clock: Clock, recorder: Recorder, track: _Track) -> None:
        self._device = device
        self._clock = clock
        self._recorder = recorder
        self._track = track

    def info(self) -> DeviceInfo:
        """Return the info of the device."""
        return self._device.info()

    def health(self) -> DeviceHealth:
        """Return the health of the device, and whether its recording has ended."""
        health = self._device.health()
        if not self._track.stopped:
            return health
        hint = f"{health.hint} Recording of {self._track.role} stopped: {self._track.stopped}.".strip()
        return replace(health, hint=hint)

    def reopen(self) -> None:
        """Open the device again; its recording goes on behind the gap."""
        reopen(self._device)

    def close(self) -> None:
        """Close the device; its recording may go on with the next one."""
        self._device.close()

    def _call(self, action: Callable[[], T]) -> T:
        """Do something with the device; if it fails, note that."""
        try:
            return action()
        except EndOfRecording:
            raise
        except HwError as error:
            if type(error).__name__ in FAULTS:
                self._recorder.keep_fault(self._track, error, t_ns=self._clock.now_ns())
            raise

    def _kept(self, item: T) -> T:
        write: _Write = self._track.writer.write  # type: ignore[attr-defined]
        self._recorder.keep(self._track, write, item, until_ns=self._clock.now_ns())
        return item


class TapSdr(Tap):
    """A receiver that is being recorded."""

    _device: Sdr

    @property
    def rate_hz(self) -> float:
        """Return the sample rate of the device, in Hz."""
        return self._device.rate_hz

    @property
    def tunable(self) -> bool:
        """Return whether the device can be tuned."""
        return self._device.tunable

    def reach_hz(self) -> tuple[tuple[float, float], ...]:
        """Return the ranges that the device tunes to, in Hz."""
        return self._device.reach_hz() if isinstance(self._device, Reaches) else RTL_SDR_REACH_HZ

    def tune(self, *, center_hz: float, gain_db: float | None = None) -> None:
        """Tune the device."""
        self._call(lambda: self._device.tune(center_hz=center_hz, gain_db=gain_db))

    def read(self, *, count: int) -> IqBlock:
        """Read the device."""
        return self._kept(self._call(lambda: self._device.read(count=count)))


class TapTuned(Tap):
    """An adapter with channels that is being recorded."""

    _device: MonitorRadio | SpectralRadio

    def channels_hz(self) -> tuple[float, ...]:
        """Return the channels of the device, in Hz."""
        return self._device.channels_hz()

    def set_channel(self, *, center_hz: float) -> None:
        """Set the device's channel."""
        self._call(lambda: self._device.set_channel(center_hz=center_hz))


class TapSpectral(TapTuned):
    """A spectral scan that is being recorded."""

    _device: SpectralRadio

    def read_spectra(self, *, duration_s: float) -> SpectralBatch:
        """Read the device."""
        return self._kept(self._call(lambda: self._device.read_spectra(duration_s=duration_s)))


class TapMonitor(TapTuned):
    """A Wi-Fi adapter that is being recorded."""

    _device: MonitorRadio

    def generations(self) -> Mapping[str, int]:
        """Return the Wi-Fi generations of the device, where it names them."""
        return self._device.generations() if isinstance(self._device, Decodes) else {}

    def read(self, *, duration_s: float) -> Dot11Batch:
        """Read the device."""
        return self._kept(self._call(lambda: self._device.read(duration_s=duration_s)))


class TapBle(Tap):
    """A Bluetooth controller that is being recorded."""

    _device: BleRadio

    def read(self, *, duration_s: float) -> BleBatch:
        """Read the device."""
        return self._kept(self._call(lambda: self._device.read(duration_s=duration_s)))


class TapCamera(Tap):
    """A camera that is being recorded."""

    _device: Camera

    def configure(self, settings: CameraConfig) -> None:
        """Configure the device."""
        self._call(lambda: self._device.configure(settings))

    def read(self) -> Frame:
        """Read the device."""
        return self._kept(self._call(self._device.read))


class TapButtons(Tap):
    """Buttons that are being recorded."""

    _device: Buttons

    def poll(self) -> Sequence[ButtonPress]:
        """Poll the device."""
        presses = tuple(self._call(self._device.poll))
        return self._kept(presses) if presses else presses


TAPS: Mapping[str, type[Tap]] = {
    "sdr": TapSdr,
    "spectral": TapSpectral,
    "monitor": TapMonitor,
    "ble": TapBle,
    "camera": TapCamera,
    "buttons": TapButtons,
}


def record_kit(
    kit: Kit, recorder: Recorder, *, clocks: Mapping[SensorName, Clock], panel_clock: Clock
) -> Kit:
    """Return the kit with every recordable device wrapped. The caller closes the recorder."""
    wrapped: dict[str, Any] = {}
    for role in TAPS:
        device = getattr(kit, role)
        sensor = SENSOR_ROLES.get(role) or SECOND_ROLES.get(role)
        clock = panel_clock if sensor is None else clocks[sensor]
        if role == "camera" and device is not None and kit.leds is not None:
            wrapped["camera"], wrapped["leds"] = recorder.wrap(role, (device, kit.leds), clock=clock)
        elif device is not None:
            wrapped[role] = recorder.wrap(role, device, clock=clock)
    return replace(kit, **wrapped)


def _make_empty(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise BadRecording(f"{folder} is not empty", hint="Give a new folder for every session.")
    except OSError as error:
        raise BadRecording(
            f"{folder} cannot be written to: {error.strerror}", hint="Give a folder of your own."
        ) from error

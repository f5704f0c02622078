"""Records a session: taps every device of a kit and writes what it gives into a folder.

The session replays to the same blocks, batches and frames, errors of devices included. Recording never
disturbs the run: where the limit is reached or the disk is full, that part ends there, the manifest and the
health of the device say so, and everything else goes on.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from hw.closing import Closing
from hw.config import LightConfig
from hw.errors import BadRecording, HwError
from hw.kit import SECOND_ROLES, SENSOR_ROLES, CameraWithLeds, Kit
from hw.light_guard import guarded
from hw.protocols import Clock, Decodes
from hw.replay.bounded_file import MEGABYTE, GrowingFile, ReadBudget, RecordingStopped
from hw.replay.device import FAULTS_FILE, ReplayFault
from hw.replay.jsonl import format_line
from hw.replay.manifest import ANY_ROLE, FILE_NAME, Manifest, SessionPart, write_manifest
from hw.replay.taps import TAPS, Track, Write
from hw.replay.video_writer import VideoReceiverWriter
from hw.replay.writers import WRITERS, CameraWriter, MonitorWriter
from hw.types import DeviceInfo, SensorName

MOST_FAULTS = 10_000
OWNER_ONLY = 0o700
DEFAULT_LIMIT_MB = 4000


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
        self._tracks: dict[str, Track] = {}
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
                self._tracks[role] = Track(role=role, writer=writer)
                if isinstance(writer, MonitorWriter):
                    writer.channels_hz = tuple(device.channels_hz())
                    writer.generations = device.generations() if isinstance(device, Decodes) else {}
                if isinstance(writer, VideoReceiverWriter):
                    writer.describe(device)
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

    def keep(self, track: Track, write: Write, item: object, *, until_ns: int) -> None:
        """Write what a device returned, unless its part has ended."""
        with self._lock:
            if track.stopped or self._closed:
                return
        try:
            write(item, until_ns=until_ns)
            track.reads += 1
        except RecordingStopped as stop:
            track.stopped = str(stop)

    def keep_fault(self, track: Track, error: HwError, *, t_ns: int) -> None:
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
        folder.mkdir(parents=True, exist_ok=True, mode=OWNER_ONLY)
        if any(folder.iterdir()):
            raise BadRecording(f"{folder} is not empty", hint="Give a new folder for every session.")
    except OSError as error:
        raise BadRecording(
            f"{folder} cannot be written to: {error.strerror}", hint="Give a folder of your own."
        ) from error

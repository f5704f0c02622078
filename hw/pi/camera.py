"""The camera: one thread takes pictures from a source, and `read` returns them in order.

Sources are the Pi camera (`hw.pi.picam`) and any V4L2 camera through OpenCV (`hw.pi.webcam`). Which light
was on is never guessed here: frames label themselves further up.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import ClassVar

from hw.config import CameraConfig, HwConfig
from hw.errors import DeviceBusy, DeviceLost, HwError, Reason
from hw.kit import CameraWithLeds
from hw.light_guard import SafeLeds
from hw.liveness import FrozenPicture
from hw.pi.camera_source import EXPOSURE_TOLERANCE, REPLUG_HINT, CameraPicture, Source
from hw.pi.deadline import PARTING_S
from hw.pi.held_device import HeldHandle, PiDevice
from hw.pi.leds import NoLeds, open_leds
from hw.protocols import Clock
from hw.types import DeviceHealth, DeviceInfo, Frame

KEPT_PICTURES = 8  # two strobe states; older ones would only be late
STALL_S = 2.0  # 120 missing pictures at 60 Hz
HANGS_HINT = "Its driver does not let it go. Restart ansim: sudo systemctl restart ansim; else the Pi."
FROZEN = "The camera gives the same picture again and again"
LONGEST_AGE_NS = 1_000_000_000  # a picture older than this has its time from another clock


class CameraStream:
    """Takes pictures from a source on its own thread, so that a source that blocks does not block the sensor.

    A driver that never returns keeps its thread. `close` then stops the camera from another thread, which
    makes libcamera give the pending call back; a thread that stays even so is remembered in ``stuck``.
    """

    stuck: ClassVar[list[threading.Thread]] = []

    def __init__(self, source: Source, clock: Clock) -> None:
        self.source = source
        self.skipped = 0
        self._clock = clock
        self._pictures: deque[tuple[int, CameraPicture]] = deque()
        self._news = threading.Condition()
        self._over: DeviceLost | None = None
        self._done = False
        self._closing = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._take, name="camera", daemon=True)
        self._thread.start()

    def _take(self) -> None:
        while not self._done:
            try:
                picture = self.source.capture()
            except Exception as error:  # a driver's own kinds of error must not end the thread in silence
                self._end(error)
                break
            with self._news:
                if len(self._pictures) == KEPT_PICTURES:
                    self._pictures.popleft()
                    self.skipped += 1
                self._pictures.append((self._session_ns(picture), picture))
                self._news.notify_all()
        self._close_source()

    def _close_source(self) -> None:
        """Close the source once, whichever thread comes first."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
        with contextlib.suppress(Exception):  # a camera that is gone may not even close
            self.source.close()

    def _end(self, error: Exception) -> None:
        lost = (
            error
            if isinstance(error, DeviceLost)
            else DeviceLost(f"The camera fails: {error}", hint=REPLUG_HINT)
        )
        with self._news:
            self._over = lost
            self._news.notify_all()

    def _session_ns(self, picture: CameraPicture) -> int:
        """Put the sensor's time onto the session's clock; whichever system clock makes it a fresh picture."""
        now_ns = self._clock.now_ns()
        if picture.taken_ns is None:
            return now_ns
        for clock in (time.CLOCK_MONOTONIC, time.CLOCK_BOOTTIME):
            age_ns = time.clock_gettime_ns(clock) - picture.taken_ns
            if 0 <= age_ns <= LONGEST_AGE_NS:
                return max(0, now_ns - age_ns)
        return now_ns

    def next(self) -> tuple[int, CameraPicture]:
        """Return the oldest picture that is kept, with its session time."""
        with self._news:
            self._news.wait_for(lambda: self._pictures or self._over is not None, STALL_S)
            if self._pictures:
                return self._pictures.popleft()
            if self._over is not None:
                raise self._over
        raise DeviceLost("The camera sends no pictures", hint=REPLUG_HINT, reason=Reason.STALLED)

    def close(self) -> None:
        """Stop, within about 2 × `PARTING_S` whatever the driver does."""
        self._done = True
        self._thread.join(PARTING_S)
        if not self._thread.is_alive():
            return
        helper = threading.Thread(target=self._close_source, name="camera-close", daemon=True)
        helper.start()
        helper.join(PARTING_S)
        self._thread.join(PARTING_S)
        CameraStream.stuck = [t for t in (*self.stuck, helper, self._thread) if t.is_alive()]

    @classmethod
    def hangs(cls) -> bool:
        """Return whether an earlier stream of this program still holds the camera."""
        return any(thread.is_alive() for thread in cls.stuck)


class PiCamera(PiDevice[CameraStream]):
    """A `Camera` over any source; other settings open the source again."""

    def __init__(
        self, open_source: Callable[[CameraConfig], Source], settings: CameraConfig, clock: Clock
    ) -> None:
        self._settings = settings
        self._seq = 0
        self._frames = 0
        self._skipped = 0
        self._exposure_us: int | None = None
        self._differs: tuple[str, ...] = ()
        self._frozen = FrozenPicture()
        held = HeldHandle(lambda: self._stream(open_source, clock), self._part)
        super().__init__(DeviceInfo(role="camera", backend="pi", name="camera"), held)
        held.open()
        size = f"{settings.width_px}×{settings.height_px}, {settings.rate_hz:g} Hz"
        source = held.hold().source
        self._info = DeviceInfo(
            role="camera",
            backend="pi",
            name=source.name,
            detail=size,
            # A camera on the Pi's ribbon cable has none that can be read.
            serial=getattr(source, "serial", ""),
        )

    def _stream(self, open_source: Callable[[CameraConfig], Source], clock: Clock) -> CameraStream:
        self._frozen = FrozenPicture()
        try:
            return CameraStream(open_source(self._settings), clock)
        except DeviceBusy as error:
            if not CameraStream.hangs():
                raise
            raise DeviceBusy("The camera hangs in this program", hint=HANGS_HINT) from error

    def _part(self, stream: CameraStream) -> None:
        self._skipped += stream.skipped
        stream.close()

    def configure(self, settings: CameraConfig) -> None:
        """Use other settings from now on; the camera restarts only where they differ."""
        if settings != self._settings:
            self._settings = settings
            self._held.reopen()

    def read(self) -> Frame:
        """Return the next picture.

        Raises
        ------
        DeviceLost
            The camera is gone, has stalled, or gives one picture again and again.
        """
        stream = self._held.hold()
        try:
            t_ns, picture = stream.next()
            if self._frozen.push(picture.pixels, t_ns):
                raise DeviceLost(FROZEN, hint=REPLUG_HINT, reason=Reason.FROZEN)
        except DeviceLost as error:
            raise self._held.lose(error) from error
        self._exposure_us, self._differs = picture.exposure_us, picture.differs
        self._frames += 1
        self._seq += 1
        return Frame(
            seq=self._seq - 1, t_ns=t_ns, exposure_us=picture.exposure_us, led=None, pixels=picture.pixels
        )

    def health(self) -> DeviceHealth:
        """Return the health of the camera; one that did not take its settings is not well.

        Pictures taken with other settings than those asked for cannot be compared.
        """
        numbers = {"frames": float(self._frames), "skipped": float(self._skipped)}
        if self._exposure_us is not None:
            numbers["exposure_us"] = float(self._exposure_us)
        health = self._held.health(numbers)
        wanted, is_us = self._settings.exposure_us, self._exposure_us
        if health.ok and is_us is not None and abs(is_us - wanted) > EXPOSURE_TOLERANCE * wanted:
            hint = f"It exposes {is_us} µs, not {wanted}: the exposure is not locked."
            return DeviceHealth(ok=False, reason=Reason.GARBAGE, hint=hint, numbers=health.numbers)
        if health.ok and self._differs:
            hint = f"The camera is not as it was set: {'; '.join(self._differs)}."
            return DeviceHealth(ok=False, reason=Reason.GARBAGE, hint=hint, numbers=health.numbers)
        return health


def open_camera_with_leds(*, target: str, config: HwConfig, clock: Clock) -> CameraWithLeds:
    """Open the camera and its lights. A V4L2 camera that is named in the settings may have no lights.

    Raises
    ------
    DeviceMissing, DeviceBusy, DeviceDenied, MissingComponent
        With the hint that helps.
    """
    leds = _open_leds(target, config, clock)
    try:
        return CameraWithLeds(PiCamera(_source_of(config.camera), config.camera, clock), leds)
    except HwError:
        leds.close()
        raise


def _open_leds(target: str, config: HwConfig, clock: Clock) -> SafeLeds | NoLeds:
    try:
        return open_leds(target=target, config=config, clock=clock)
    except HwError as error:
        if config.camera.source is None:
            raise
        return NoLeds(str(error))


def _source_of(settings: CameraConfig) -> Callable[[CameraConfig], Source]:
    if settings.source is not None:
        from hw.pi.webcam import open_webcam

        return open_webcam
    from hw.pi.picam import open_picam

    return open_picam

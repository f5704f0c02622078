"""Wraps devices so that everything they give is recorded; every call is passed on to the device."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

from hw.closing import Closing
from hw.config import CameraConfig
from hw.errors import EndOfRecording, HwError
from hw.kit import reopen
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
    SurveyRadio,
    VideoReceiver,
)
from hw.replay.device import FAULTS
from hw.replay.writers import Writer
from hw.types import (
    BleBatch,
    ButtonPress,
    DeviceHealth,
    DeviceInfo,
    Dot11Batch,
    Frame,
    IqBlock,
    ReceiverLevel,
    SpectralBatch,
    SurveyBatch,
    VideoGrab,
)

T = TypeVar("T")


class Write(Protocol):
    """The method by which a writer takes one item."""

    def __call__(self, item: Any, /, *, until_ns: int) -> None: ...  # noqa: D102


@dataclass(slots=True)
class Track:
    """One role's recording; it goes on where its device is opened again."""

    role: str
    writer: Writer
    reads: int = 0
    stopped: str = ""


class Keeper(Protocol):
    """Interface of the recorder, as far as a tap needs it."""

    def keep(self, track: Track, write: Write, item: object, *, until_ns: int) -> None: ...  # noqa: D102
    def keep_fault(self, track: Track, error: HwError, *, t_ns: int) -> None: ...  # noqa: D102


class Tap(Closing):
    """Wraps a device and records it; every call is passed on to the device."""

    def __init__(self, device: Device, clock: Clock, recorder: Keeper, track: Track) -> None:
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
        write: Write = self._track.writer.write  # type: ignore[attr-defined]
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


class TapSurvey(Tap):
    """A survey that is being recorded."""

    _device: SurveyRadio

    def read_survey(self) -> SurveyBatch:
        """Read the device."""
        return self._kept(self._call(self._device.read_survey))


class TapVideoReceiver(Tap):
    """An analog video receiver that is being recorded."""

    _device: VideoReceiver

    def reach_hz(self) -> tuple[tuple[float, float], ...]:
        """Return the ranges that the device tunes to, in Hz."""
        return self._device.reach_hz()

    def has_picture(self) -> bool:
        """Return whether a grabber is behind the device."""
        return self._device.has_picture()

    def read_level(self, *, center_hz: float) -> ReceiverLevel:
        """Read the device."""
        return self._kept(self._call(lambda: self._device.read_level(center_hz=center_hz)))

    def grab(self, *, center_hz: float, count: int) -> VideoGrab:
        """Take pictures with the device."""
        return self._kept(self._call(lambda: self._device.grab(center_hz=center_hz, count=count)))


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
    "survey": TapSurvey,
    "video_receiver": TapVideoReceiver,
    "monitor": TapMonitor,
    "ble": TapBle,
    "camera": TapCamera,
    "buttons": TapButtons,
}

"""Protocols of every device; real, recorded and simulated devices satisfy them alike.

Every device is a context manager and ``close`` may be called twice. A device that has nothing for now
returns an empty batch or None; one that is lost raises `hw.errors.DeviceLost` until its owner opens it again
(`Reopens`); a recording that is over raises `hw.errors.EndOfRecording`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol, Self, runtime_checkable

from PIL import Image

from hw.config import CameraConfig
from hw.types import (
    BleBatch,
    ButtonPress,
    DeviceHealth,
    DeviceInfo,
    Dot11Batch,
    Frame,
    IqBlock,
    LedState,
    LightSwitch,
    ReceiverLevel,
    SpectralBatch,
    SurveyBatch,
    VideoGrab,
)


@runtime_checkable
class Device(Protocol):
    """The interface that all devices share."""

    def info(self) -> DeviceInfo: ...
    def health(self) -> DeviceHealth: ...
    def close(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *exc: object) -> None: ...


@runtime_checkable
class Reopens(Protocol):
    """A device that can be opened again, with the settings it had, once it was lost.

    ``reopen`` tries once and raises `hw.errors.DeviceLost` while the device is away. Only the owner of the
    device calls it: it may not be in use on another thread meanwhile.
    """

    def reopen(self) -> None: ...


RTL_SDR_REACH_HZ = ((24e6, 1766e6),)  # what an R820T or R828D tuner covers


@runtime_checkable
class Reaches(Protocol):
    """A receiver that says which ranges it tunes to, Hz; one that does not has an RTL-SDR's."""

    def reach_hz(self) -> tuple[tuple[float, float], ...]: ...


@runtime_checkable
class Sdr(Device, Protocol):
    """A receiver that is tuned and read.

    ``tune`` sets the centre frequency in Hz, and the tuner gain in dB where it is given; it raises
    `FrequencyRefused` where the tuner has a gap, and stays where it was. ``read`` may give fewer samples than
    asked for, never samples of two tunings. A recorded receiver cannot be tuned: it gives what it has, and
    ``center_hz`` of the block is the truth.
    """

    @property
    def rate_hz(self) -> float: ...
    @property
    def tunable(self) -> bool:
        """False for a recording: `tune` changes nothing and blocks come in the order they were recorded."""
        ...

    def tune(self, *, center_hz: float, gain_db: float | None = None) -> None: ...
    def read(self, *, count: int) -> IqBlock: ...


@runtime_checkable
class MonitorRadio(Device, Protocol):
    """A Wi-Fi adapter in monitor mode.

    ``channels_hz`` are the primary channels that it may be set to, in Hz; none where it stays on one channel.
    ``read`` listens for ``duration_s`` seconds.
    """

    def channels_hz(self) -> tuple[float, ...]: ...
    def set_channel(self, *, center_hz: float) -> None: ...
    def read(self, *, duration_s: float) -> Dot11Batch: ...


@runtime_checkable
class SpectralRadio(Device, Protocol):
    """A Wi-Fi adapter that makes FFTs of what it hears.

    ``channels_hz`` are the channels that it may be set to, in Hz; none where it takes what comes, as a
    recording does. ``read_spectra`` listens for ``duration_s`` seconds.
    """

    def channels_hz(self) -> tuple[float, ...]: ...
    def set_channel(self, *, center_hz: float) -> None: ...
    def read_spectra(self, *, duration_s: float) -> SpectralBatch: ...


@runtime_checkable
class SurveyRadio(Device, Protocol):
    """A Wi-Fi adapter whose driver counts how long each channel was busy, and with what.

    ``read_survey`` returns the counters of now; it does not listen, wait or tune.
    """

    def read_survey(self) -> SurveyBatch: ...


@runtime_checkable
class VideoReceiver(Device, Reaches, Protocol):
    """An analog video receiver that is tuned to a channel, tells its level, and shows its picture.

    ``grab`` returns pictures that follow each other; none where no grabber is behind it (`has_picture`). Of a
    recording both give what comes next, whatever is asked for: ``center_hz`` of the answer is the truth.
    """

    def has_picture(self) -> bool: ...
    def read_level(self, *, center_hz: float) -> ReceiverLevel: ...
    def grab(self, *, center_hz: float, count: int) -> VideoGrab: ...


@runtime_checkable
class Decodes(Protocol):
    """A Wi-Fi adapter that says, by band of `hw.types.WIFI_BANDS_MHZ`, the newest generation it decodes.

    4 is 802.11n (HT), 5 ac (VHT), 6 ax (HE), 7 be (EHT), 3 what is older. Empty: not known.
    """

    def generations(self) -> Mapping[str, int]: ...


@runtime_checkable
class BleRadio(Device, Protocol):
    """A Bluetooth LE scanner. ``read`` listens for ``duration_s`` seconds."""

    def read(self, *, duration_s: float) -> BleBatch: ...


@runtime_checkable
class Camera(Device, Protocol):
    """A grey camera with locked exposure, gain and white balance."""

    def configure(self, settings: CameraConfig) -> None: ...
    def read(self) -> Frame: ...


@runtime_checkable
class Leds(Device, Protocol):
    """The lights around the lens and beside it."""

    def states(self) -> tuple[LedState, ...]: ...
    def set(self, state: LedState) -> None: ...


@runtime_checkable
class TellsSwitches(Protocol):
    """Lights of a recording that knows when they were switched.

    ``take_switches`` gives those that the sensor was told of before the next picture, each once.
    """

    def take_switches(self) -> Sequence[LightSwitch]: ...


@runtime_checkable
class Display(Device, Protocol):
    """A screen with a size that shows a picture."""

    @property
    def size(self) -> tuple[int, int]: ...
    @property
    def mode(self) -> Literal["RGB", "1"]: ...
    def show(self, image: Image.Image) -> None: ...


@runtime_checkable
class Buttons(Device, Protocol):
    """The four buttons of the panel."""

    def poll(self) -> Sequence[ButtonPress]: ...


@runtime_checkable
class Buzzer(Device, Protocol):
    """A buzzer or a vibration motor. ``beep`` sounds a tone of ``frequency_hz`` for ``duration_ms``."""

    def beep(self, *, frequency_hz: float, duration_ms: int) -> None: ...


@runtime_checkable
class Battery(Device, Protocol):
    """A battery with a state of charge, 0…1; None where it is unknown."""

    def read(self) -> float | None: ...


@runtime_checkable
class Clock(Protocol):
    """A monotonic clock. A manual clock jumps where a real one sleeps."""

    def now_ns(self) -> int: ...
    def sleep_until(self, t_ns: int) -> None: ...

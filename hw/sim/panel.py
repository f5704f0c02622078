"""A simulated panel: it keeps what was shown and beeped, and presses buttons from a script."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PIL import Image

from hw.closing import Closing
from hw.config import HwConfig
from hw.protocols import Clock
from hw.types import ButtonPress, DeviceHealth, DeviceInfo

KEPT_PICTURES = 64  # the last pictures shown; 64 of 320×240 RGB are 15 MB
KEPT_BEEPS = 256
FULL_BATTERY = 0.9
MONO_DRIVERS = frozenset({"ssd1306", "sh1106", "sh1107", "ssd1309"})


class SimDevice(Closing):
    """Base of the parts of a simulated panel: they are always well."""

    role = "panel"

    def __init__(self) -> None:
        self.closed = False

    def info(self) -> DeviceInfo:
        """Return the name of the simulated part."""
        return DeviceInfo(role=self.role, backend="sim", name=f"simulated {self.role}")

    def health(self) -> DeviceHealth:
        """Return that nothing is wrong."""
        return DeviceHealth(ok=True)

    def close(self) -> None:
        """Close it; may be called twice."""
        self.closed = True


class SimDisplay(SimDevice):
    """A display that keeps the last pictures, and saves each to a folder if asked."""

    role = "display"

    def __init__(
        self,
        *,
        size: tuple[int, int] = (320, 240),
        mode: Literal["RGB", "1"] = "RGB",
        folder: Path | None = None,
        keep: int = KEPT_PICTURES,
    ) -> None:
        super().__init__()
        self._size = size
        self._mode: Literal["RGB", "1"] = mode
        self.folder = folder
        self.images: deque[Image.Image] = deque(maxlen=keep)
        self.shown = 0

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self._size

    @property
    def mode(self) -> Literal["RGB", "1"]:
        """Colour or black and white."""
        return self._mode

    @property
    def latest(self) -> Image.Image | None:
        """The picture on the panel now."""
        return self.images[-1] if self.images else None

    def show(self, image: Image.Image) -> None:
        """Keep a copy of the picture; a picture that a real panel could not show is a mistake here too."""
        if (image.size, image.mode) != (self._size, self._mode):
            raise ValueError(f"the panel takes {self._mode} {self._size}, not {image.mode} {image.size}")
        self.images.append(image.copy())
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
            image.save(self.folder / f"{self.shown:06d}.png")
        self.shown += 1


class SimButtons(SimDevice):
    """Buttons pressed by a script: a press comes when the clock has reached its ``t_ns``."""

    role = "buttons"

    def __init__(self, *, clock: Clock, script: Iterable[ButtonPress] = ()) -> None:
        super().__init__()
        self._clock = clock
        self._script: deque[ButtonPress] = deque(sorted(script, key=lambda press: press.t_ns))

    def press(self, button: Literal["up", "down", "ok", "back"], *, long: bool = False) -> None:
        """Press a button now."""
        press = ButtonPress(t_ns=self._clock.now_ns(), button=button, long=long)
        self._script = deque(sorted((*self._script, press), key=lambda p: p.t_ns))

    def poll(self) -> Sequence[ButtonPress]:
        """Return the presses whose time has come, in order."""
        now_ns = self._clock.now_ns()
        due: list[ButtonPress] = []
        while self._script and self._script[0].t_ns <= now_ns:
            due.append(self._script.popleft())
        return due


@dataclass(frozen=True, slots=True, kw_only=True)
class Beep:
    """One sound that would have been heard."""

    t_ns: int
    frequency_hz: float
    duration_ms: int


class SimBuzzer(SimDevice):
    """A buzzer that writes down what it was told."""

    role = "buzzer"

    def __init__(self, *, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self.beeps: deque[Beep] = deque(maxlen=KEPT_BEEPS)

    def beep(self, *, frequency_hz: float, duration_ms: int) -> None:
        """Write down one sound."""
        beep = Beep(t_ns=self._clock.now_ns(), frequency_hz=frequency_hz, duration_ms=duration_ms)
        self.beeps.append(beep)


class SimBattery(SimDevice):
    """A battery at a level that a test may set; None stands for a gauge that does not answer."""

    role = "battery"

    def __init__(self, *, level: float | None = FULL_BATTERY) -> None:
        super().__init__()
        self.level = level

    def read(self) -> float | None:
        """Return the state of charge, 0…1."""
        return self.level


def open_display(*, target: str, config: HwConfig, clock: Clock) -> SimDisplay:  # noqa: ARG001
    """Open a display of the configured size; OLED drivers are black and white."""
    panel = config.panel
    mode: Literal["RGB", "1"] = "1" if panel.driver in MONO_DRIVERS else "RGB"
    return SimDisplay(size=(panel.width_px, panel.height_px), mode=mode)


def open_buttons(*, target: str, config: HwConfig, clock: Clock) -> SimButtons:  # noqa: ARG001
    """Open four buttons that nobody presses until `SimButtons.press` is called."""
    return SimButtons(clock=clock)


def open_buzzer(*, target: str, config: HwConfig, clock: Clock) -> SimBuzzer:  # noqa: ARG001
    """Open a buzzer that is only written down."""
    return SimBuzzer(clock=clock)


def open_battery(*, target: str, config: HwConfig, clock: Clock) -> SimBattery:  # noqa: ARG001
    """Open a battery that stays at 90 %."""
    return SimBattery()

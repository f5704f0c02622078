"""The four buttons and the buzzer, through gpiozero."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from types import ModuleType
from typing import Any, Literal, cast

from hw.config import HwConfig
from hw.errors import DeviceLost
from hw.pi.gpio import claim, drive, pins
from hw.pi.held_device import HeldHandle, PiDevice
from hw.protocols import Clock
from hw.types import ButtonPress, DeviceInfo

ButtonName = Literal["up", "down", "ok", "back"]
SETTLE_NS = 25_000_000  # contacts of tactile switches bounce for up to about 10 ms
LONG_NS = 800_000_000  # longer than a thoughtful press, shorter than impatience
MOST_PRESSES = 64  # waiting to be polled
LOWEST_HZ, HIGHEST_HZ, LONGEST_BEEP_MS = 20.0, 20_000.0, 5_000


class Switch:
    """Debounces one contact: takes its edges and gives presses.

    A long press is reported while the button is still held.
    """

    def __init__(self, name: ButtonName) -> None:
        self._name = name
        self._down_ns: int | None = None
        self._told = False
        self._deaf_until_ns = 0

    def feel(self, *, pressed: bool, t_ns: int) -> ButtonPress | None:
        """Take the level of the contact; return the press that it completes."""
        if t_ns < self._deaf_until_ns or pressed == (self._down_ns is not None):
            return self.wait(t_ns)
        self._deaf_until_ns = t_ns + SETTLE_NS
        if pressed:
            self._down_ns, self._told = t_ns, False
            return None
        down_ns, self._down_ns = self._down_ns, None
        assert down_ns is not None  # noqa: S101
        if self._told:
            return None
        return ButtonPress(t_ns=t_ns, button=self._name, long=t_ns - down_ns >= LONG_NS)

    def wait(self, t_ns: int) -> ButtonPress | None:
        """Return the long press, once, as soon as it is one."""
        if self._down_ns is None or self._told or t_ns - self._down_ns < LONG_NS:
            return None
        self._told = True
        return ButtonPress(t_ns=t_ns, button=self._name, long=True)


class PiButtons(PiDevice[dict[str, Any]]):
    """The buttons on their pins.

    Edges come from gpiozero's thread; `poll` reads the levels too, in case an edge was missed.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._presses: deque[ButtonPress] = deque(maxlen=MOST_PRESSES)
        self._switches = {name: Switch(cast("ButtonName", name)) for name in pins("buttons")}
        held = HeldHandle(lambda: claim(self._make), _release)
        super().__init__(DeviceInfo(role="buttons", backend="pi", name="buttons"), held)
        held.open()

    def _make(self, gpiozero: ModuleType) -> dict[str, Any]:
        buttons: dict[str, Any] = {}
        try:
            for name, pin in pins("buttons").items():
                button = gpiozero.Button(pin, pull_up=True)
                button.when_pressed = lambda name=name: self._edge(name, pressed=True)
                button.when_released = lambda name=name: self._edge(name, pressed=False)
                buttons[name] = button
        except BaseException:
            _release(buttons)
            raise
        return buttons

    def _edge(self, name: str, *, pressed: bool) -> None:
        with self._lock:
            press = self._switches[name].feel(pressed=pressed, t_ns=self._clock.now_ns())
            if press is not None:
                self._presses.append(press)

    def poll(self) -> Sequence[ButtonPress]:
        """Return the presses since the last call, in order."""
        try:
            buttons = self._held.hold()
            for name, button in buttons.items():
                self._edge(name, pressed=bool(drive(lambda button=button: button.is_pressed)))  # type: ignore[misc]
        except DeviceLost as error:
            raise self._held.lose(error) from error
        with self._lock:
            done = tuple(self._presses)
            self._presses.clear()
        return done


def _release(buttons: dict[str, Any]) -> None:
    for button in buttons.values():
        button.close()


class PiBuzzer(PiDevice[Any]):
    """A passive buzzer, driven by a square wave at the frequency of the tone."""

    def __init__(self) -> None:
        held = HeldHandle(lambda: claim(_make_buzzer), lambda b: b.close())
        super().__init__(DeviceInfo(role="buzzer", backend="pi", name="buzzer"), held)
        held.open()
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def beep(self, *, frequency_hz: float, duration_ms: int) -> None:
        """Sound a tone and return at once; a new tone ends the old one."""
        hertz = min(max(frequency_hz, LOWEST_HZ), HIGHEST_HZ)
        with self._lock:
            self._stop_timer()
            try:
                buzzer = self._held.hold()
                drive(lambda: self._sound(buzzer, hertz))
            except DeviceLost as error:
                raise self._held.lose(error) from error
            self._timer = threading.Timer(min(duration_ms, LONGEST_BEEP_MS) * 1e-3, self._hush, (buzzer,))
            self._timer.daemon = True
            self._timer.start()

    @staticmethod
    def _sound(buzzer: Any, hertz: float) -> None:
        buzzer.frequency = hertz
        buzzer.value = 0.5

    def _hush(self, buzzer: Any) -> None:
        with self._lock:
            if not buzzer.closed:
                buzzer.off()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def close(self) -> None:
        """End the tone and release the pin."""
        with self._lock:
            self._stop_timer()
            super().close()


def _make_buzzer(gpiozero: ModuleType) -> Any:
    return gpiozero.PWMOutputDevice(pins("buzzer")["buzzer"], initial_value=0)


def open_buttons(*, target: str, config: HwConfig, clock: Clock) -> PiButtons:  # noqa: ARG001 - as every factory
    """Open the buttons on the pins of the wiring table."""
    return PiButtons(clock)


def open_buzzer(*, target: str, config: HwConfig, clock: Clock) -> PiBuzzer:  # noqa: ARG001 - as every factory
    """Open the buzzer on the pin of the wiring table."""
    return PiBuzzer()

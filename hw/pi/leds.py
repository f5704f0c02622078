"""The lights around and beside the lens. They go out by themselves: software bounds the light dose.

The dose is a budget. Light spends it, time refills it at `REFILL` of its own pace; an empty budget is dark.
So no light burns longer than `LONGEST_ON_S` at a stretch, and none more than half of the time in the long
run. A strobe of three states needs a third. The limit that protects an eye is still the LEDs' resistors:
see hw/README.md.

References
----------
IEC 62471:2006 (exempt group); the radiant intensity is bounded by the wiring, the duration here.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any, get_args

from hw.config import HwConfig
from hw.errors import DeviceLost, Reason
from hw.pi.gpio import claim, drive, pins
from hw.pi.reconnect import PiDevice, Reconnector
from hw.protocols import Clock
from hw.types import DeviceHealth, DeviceInfo, LedState

REFILL = 0.5  # longest share of the time a light is on
FULL_S = 1.0  # a full budget
LONGEST_ON_S = FULL_S / (1 - REFILL)  # 2 s


class LightBudget:
    """Seconds of light that may still be spent, at times that are given."""

    def __init__(self, *, full_s: float = FULL_S) -> None:
        self._full_s = full_s
        self._left_s = full_s
        self._at_s = 0.0
        self._on = False

    def advance(self, now_s: float) -> float:
        """Account for the time until ``now_s`` and return the seconds left."""
        passed_s = max(0.0, now_s - self._at_s)
        self._at_s = now_s
        self._left_s += passed_s * (REFILL - (1.0 if self._on else 0.0))
        self._left_s = min(self._full_s, max(0.0, self._left_s))
        return self._left_s

    def switch(self, *, on: bool) -> None:
        """Say whether a light is on from now on."""
        self._on = on

    def lasts_s(self) -> float:
        """Return how long a light that is on now may stay on."""
        return self._left_s / (1 - REFILL)


class PiLeds(PiDevice[dict[str, Any]]):
    """Lights by gpiozero. One budget for all of them: the eye does not care which one it looks into."""

    def __init__(
        self, clock: Clock, *, full_s: float = FULL_S, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        line = Reconnector(lambda: claim(_make), _release, clock)
        super().__init__(DeviceInfo(role="leds", backend="pi", name="LEDs"), line)
        line.open()
        self._now_s = now_s
        self._budget = LightBudget(full_s=full_s)
        self._budget.advance(now_s())
        self._state: LedState = "off"
        self._cut_off = 0
        self._resting = False
        self._closed = False
        self._changed = threading.Condition()
        self._guard = threading.Thread(target=self._watch, name="led-guard", daemon=True)
        self._guard.start()

    def states(self) -> tuple[LedState, ...]:
        """Return what can be lit."""
        lights = self._line.hold()
        return tuple(s for s in get_args(LedState) if s == "off" or s in lights)

    def set(self, state: LedState) -> None:
        """Light one group, or none. With an empty budget it stays dark, and `health` says so.

        Raises
        ------
        ValueError
            There is no such light.
        """
        if state not in self.states():
            raise ValueError(f"there is no light {state!r}")
        with self._changed:
            self._spend()
            self._resting = state != "off" and self._budget.lasts_s() <= 0
            self._drive("off" if self._resting else state)
            self._changed.notify()

    def _spend(self) -> None:
        self._budget.advance(self._now_s())

    def _drive(self, state: LedState) -> None:
        """Switch off before switching on: never two groups at once."""
        try:
            lights = self._line.hold()
            for name, light in lights.items():
                if name != state:
                    drive(light.off)
            if state != "off":
                drive(lights[state].on)
        except DeviceLost as error:
            raise self._line.lose(error) from error
        self._state = state
        self._budget.switch(on=state != "off")

    def _watch(self) -> None:
        """Sleep until the budget is spent; nobody has to call anything for the light to go out."""
        with self._changed:
            while not self._closed:
                self._spend()
                lit = self._state != "off"
                if lit and self._budget.lasts_s() <= 0:
                    self._cut()
                    continue
                self._changed.wait(self._budget.lasts_s() if lit else None)

    def _cut(self) -> None:
        self._cut_off += 1
        self._resting = True
        try:
            self._drive("off")
        except DeviceLost:
            self._state = "off"

    def health(self) -> DeviceHealth:
        """Return how the lights are; resting ones are not well, for the lens sense is blind meanwhile."""
        health = self._line.health({"cut_off": float(self._cut_off)})
        if health.ok and self._resting:
            hint = f"The lights rest: they were on for {LONGEST_ON_S:g} s. They come back by themselves."
            return DeviceHealth(ok=False, reason=Reason.OVERHEATED, hint=hint, numbers=health.numbers)
        return health

    def close(self) -> None:
        """Switch everything off and let the pins go."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._guard.join()
        super().close()


class NoLeds(PiDevice[None]):
    """A camera without lights, on a laptop: the lens sense says that it cannot look."""

    def __init__(self, clock: Clock, why: str) -> None:
        super().__init__(
            DeviceInfo(role="leds", backend="pi", name="no lights"),
            Reconnector(lambda: None, lambda _: None, clock),
        )
        self._why = why

    def states(self) -> tuple[LedState, ...]:
        """Return that it can only be dark."""
        return ("off",)

    def set(self, state: LedState) -> None:
        """Nothing can be lit."""
        if state != "off":
            raise ValueError(f"there is no light {state!r}")

    def health(self) -> DeviceHealth:
        """Return why there are none."""
        return DeviceHealth(ok=False, reason=Reason.NOT_FOUND, hint=self._why)


def _make(gpiozero: ModuleType) -> dict[str, Any]:
    lights: dict[str, Any] = {}
    try:
        for name, pin in pins("leds").items():
            lights[name] = gpiozero.DigitalOutputDevice(pin, initial_value=False)
    except BaseException:
        _release(lights)
        raise
    return lights


def _release(lights: dict[str, Any]) -> None:
    for light in lights.values():
        light.close()


def open_leds(*, target: str, config: HwConfig, clock: Clock) -> PiLeds:  # noqa: ARG001 - as every factory
    """Open the lights on the pins of the wiring table."""
    return PiLeds(clock)

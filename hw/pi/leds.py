"""The lights around and beside the lens, through gpiozero. `hw.light_guard` limits how long they shine."""

from __future__ import annotations

from types import ModuleType
from typing import Any, get_args

from hw.config import HwConfig, LightConfig
from hw.errors import DeviceLost, Reason
from hw.light_guard import SafeLeds
from hw.pi.gpio import claim, drive, pins
from hw.pi.held_device import HeldHandle, PiDevice
from hw.protocols import Clock
from hw.types import DeviceHealth, DeviceInfo, LedState


class PiLeds(PiDevice[dict[str, Any]]):
    """Switches the groups of LEDs, one at a time. `open_leds` puts them behind the guard."""

    def __init__(self) -> None:
        held = HeldHandle(lambda: claim(_make), _release)
        super().__init__(DeviceInfo(role="leds", backend="pi", name="LEDs"), held)
        held.open()
        self._state: LedState = "off"

    def states(self) -> tuple[LedState, ...]:
        """Return the states of the lights."""
        lights = self._held.hold()
        return tuple(s for s in get_args(LedState) if s == "off" or s in lights)

    def set(self, state: LedState) -> None:
        """Light one group, or none.

        Raises
        ------
        ValueError
            There is no such light.
        DeviceLost
            The pins do not answer.
        """
        if state not in self.states():
            raise ValueError(f"there is no light {state!r}")
        self._drive(state)

    def _drive(self, state: LedState) -> None:
        """Switch off before switching on: never two groups at once."""
        try:
            lights = self._held.hold()
            for name, light in lights.items():
                if name != state:
                    drive(light.off)
            if state != "off":
                drive(lights[state].on)
        except DeviceLost as error:
            raise self._held.lose(error) from error
        self._state = state


class NoLeds(PiDevice[None]):
    """The lights of a camera that has none, on a laptop: the lens sensor then says that it cannot look."""

    def __init__(self, why: str) -> None:
        super().__init__(
            DeviceInfo(role="leds", backend="pi", name="no lights"),
            HeldHandle(lambda: None, lambda _: None),
        )
        self._why = why

    def states(self) -> tuple[LedState, ...]:
        """Return the only state there is: off."""
        return ("off",)

    def set(self, state: LedState) -> None:
        """Change nothing: there is no light."""
        if state != "off":
            raise ValueError(f"there is no light {state!r}")

    def health(self) -> DeviceHealth:
        """Return the reason why there are none."""
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


def open_leds(*, target: str, config: HwConfig, clock: Clock) -> SafeLeds:  # noqa: ARG001 - as every factory
    """Open the lights on the pins of the wiring table, behind the guard."""
    return SafeLeds(leds=PiLeds(), clock=clock, config=LightConfig(), watchdog=True)

"""Sweeps with a terminated input while parts of the unit are on: what is heard then is the unit itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from firmware.settings import Settings
from hw.clock import ManualClock, SystemClock
from hw.errors import HwError
from hw.kit import Eye, open_device, parse_spec
from hw.protocols import Clock
from hw.types import LedState
from sweeper.model import Emission
from sweeper.selfnoise import Run
from sweeper.sweeper import Sweeper

THERMAL = Path("/sys/class/thermal/thermal_zone0/temp")  # millidegrees, on every Pi
STATES: tuple[tuple[str, LedState | None], ...] = (
    ("rest", None),
    ("camera", "off"),
    ("camera and lights", "ring"),
)
STEPS_MOST = 20_000  # of one sweep; a plan has about a thousand hops


def board_temperature_c() -> float | None:
    """Return what the board says of its temperature, None where it says nothing."""
    try:
        return int(THERMAL.read_text(encoding="ascii")) / 1000
    except (OSError, ValueError):
        return None


def listen_to_itself(kit: str, settings: Settings, *, runs: int, say: Callable[[str], None]) -> list[Run]:
    """Return ``runs`` sweeps in every state the unit can be put into.

    Raises
    ------
    HwError
        There is no receiver. A camera that is not there leaves its states out.
    """
    heard: list[Run] = []
    clock: Clock = SystemClock() if parse_spec(kit)[0] == "pi" else ManualClock()
    for state, lights in STATES:
        with _switched_on(kit, settings, clock, lights) as there:
            for number in range(runs if there else 0):
                say(f"Listening to the unit itself: {state}, sweep {number + 1} of {runs} …")
                heard.append(Run(state=state, emissions=_sweep(kit, settings, clock)))
    return heard


def _sweep(kit: str, settings: Settings, clock: Clock) -> tuple[Emission, ...]:
    plain = settings.rf.model_copy(update={"self_noise": None})
    with open_device("sdr", spec=kit, config=settings.hw, clock=clock) as sdr:
        sweeper = Sweeper(sdr=sdr, clock=clock, config=plain)
        for _ in range(STEPS_MOST):
            if sweeper.progress >= 1.0:
                break
            sweeper.step()
        return tuple(sweeper.observations())


@contextmanager
def _switched_on(kit: str, settings: Settings, clock: Clock, lights: LedState | None) -> Iterator[bool]:
    """Have the camera run in a state of its lights; True without one where nothing is to be switched on."""
    if lights is None:
        yield True
        return
    try:
        eye: Eye = open_device("camera", spec=kit, config=settings.hw, clock=clock)
    except HwError:
        yield False
        return
    with eye.camera, eye.leds:
        eye.camera.configure(settings.hw.camera)
        eye.leds.set(lights)
        eye.camera.read()
        try:
            yield True
        finally:
            eye.leds.set("off")

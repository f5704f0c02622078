"""Sweeps with a terminated input while parts of the unit are on, to learn the lines that the unit emits."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from PIL import Image

from firmware.settings.settings import Settings
from hw.clock import ManualClock, SystemClock
from hw.errors import HwError
from hw.kit import CameraWithLeds, open_device, parse_spec
from hw.protocols import Clock, Display
from hw.types import LedState
from sweeper.model import Emission
from sweeper.selfnoise import TerminatedSweep
from sweeper.sweeper import Sweeper

THERMAL = Path("/sys/class/thermal/thermal_zone0/temp")  # millidegrees, on every Pi
STATES: tuple[str, ...] = ("rest", "camera", "camera and lights", "screen")
STEPS_MOST = 20_000  # of one sweep; a plan has about a thousand hops
PICTURE_S = 0.1  # between two pictures of the screen, as in use
STOP_S = 5.0  # for the screen's thread to end

RESTS_MOST = 100  # pictures waited for while a light rests


class Tend(Protocol):
    """Prepares the part that is on for each step of the sweep: called just before it and just after it."""

    def __call__(self, *, listening: bool) -> None:
        """Prepare for a step (``listening=True``), or end it."""


def board_temperature_c() -> float | None:
    """Return the temperature that the board reports.

    Returns
    -------
    float or None
        In °C; None where the board reports none.
    """
    try:
        return int(THERMAL.read_text(encoding="ascii")) / 1000
    except (OSError, ValueError):
        return None


def listen_to_itself(
    kit: str, settings: Settings, *, runs: int, say: Callable[[str], None]
) -> list[TerminatedSweep]:
    """Sweep ``runs`` times in every state that the unit can be put into.

    Parameters
    ----------
    kit : str
        The kit whose parts are switched on.
    settings : Settings
        The sweep and the devices; the mask of the unit's own lines is left out.
    runs : int
        Number of sweeps in each state.
    say : callable
        Takes a line on the progress.

    Returns
    -------
    list of TerminatedSweep
        ``runs`` for each state that the unit has the parts for.

    Raises
    ------
    HwError
        There is no receiver, or a part was lost while the unit was measured with it. A camera or a screen
        that was not there from the start leaves its states out.
    """
    heard: list[TerminatedSweep] = []
    clock: Clock = SystemClock() if parse_spec(kit)[0] == "pi" else ManualClock()
    for state in STATES:
        with _switched_on(kit, settings, clock, state) as tend:
            for number in range(0 if tend is None else runs):
                say(f"Listening to the unit itself: {state}, sweep {number + 1} of {runs} …")
                heard.append(
                    TerminatedSweep(state=state, emissions=_sweep(kit, settings, clock, tend or _leave))
                )
    return heard


def _leave(*, listening: bool) -> None:
    """Do nothing around a step."""


def _sweep(kit: str, settings: Settings, clock: Clock, tend: Tend) -> tuple[Emission, ...]:
    plain = settings.rf.model_copy(update={"self_noise": None})
    with open_device("sdr", spec=kit, config=settings.hw, clock=clock) as sdr:
        sweeper = Sweeper(sdr=sdr, clock=clock, config=plain)
        for _ in range(STEPS_MOST):
            if sweeper.progress >= 1.0:
                break
            tend(listening=True)
            sweeper.step()
            tend(listening=False)
        return tuple(sweeper.observations())


@contextmanager
def _switched_on(kit: str, settings: Settings, clock: Clock, state: str) -> Iterator[Tend | None]:
    """Keep a part of the unit working while the receiver listens; None where the unit has no such part."""
    if state == "rest":
        yield _leave
        return
    try:
        if state == "screen":
            screen: Display = open_device("display", spec=kit, config=settings.hw, clock=clock)
        else:
            pair: CameraWithLeds = open_device("camera", spec=kit, config=settings.hw, clock=clock)
    except HwError:
        yield None
        return
    if state == "screen":
        with screen, _drawn_to(screen):
            yield _leave
    else:
        with _looking(pair, settings, clock, "ring" if state == "camera and lights" else "off") as tend:
            yield tend


class _Looking:
    """A running camera, and a light that is on while the receiver listens.

    The light then stays off for as long as it was on. A light that is on all the time is switched off by the
    lights' own limit, and the rest of the sweep would be measured without it.
    """

    def __init__(self, pair: CameraWithLeds, clock: Clock, light: LedState) -> None:
        self._pair = pair
        self._clock = clock
        self._light = light
        self._turned_ns = 0

    def __call__(self, *, listening: bool) -> None:
        """Switch the light on, or switch it off and take pictures."""
        now_ns = self._clock.now_ns()
        burned_ns, self._turned_ns = now_ns - self._turned_ns, now_ns
        self._pair.leds.set(self._light if listening else "off")
        if not listening:
            self._rest(until_ns=now_ns + (0 if self._light == "off" else burned_ns))

    def _rest(self, *, until_ns: int) -> None:
        """Take pictures until then, at least one, as the camera does in use."""
        for _ in range(RESTS_MOST):
            self._pair.camera.read()
            if self._clock.now_ns() >= until_ns:
                break
        self._turned_ns = self._clock.now_ns()


@contextmanager
def _looking(pair: CameraWithLeds, settings: Settings, clock: Clock, light: LedState) -> Iterator[Tend]:
    """Keep the camera running, with a light or without."""
    with pair.camera, pair.leds:
        pair.camera.configure(settings.hw.camera)
        pair.camera.read()
        try:
            yield _Looking(pair, clock, light)
        finally:
            pair.leds.set("off")


@contextmanager
def _drawn_to(screen: Display) -> Iterator[None]:
    """Send the screen one whole picture after the other, as its bus does in use.

    Raises
    ------
    HwError
        The screen was lost meanwhile: the unit was not measured with it.
    """
    over = threading.Event()
    lost: list[HwError] = []
    pictures = [Image.effect_noise(screen.size, spread).convert(screen.mode) for spread in (64, 128)]

    def draw() -> None:
        number = 0
        while not over.wait(PICTURE_S):
            number += 1
            try:
                screen.show(pictures[number % len(pictures)])
            except HwError as error:
                lost.append(error)
                return

    thread = threading.Thread(target=draw, name="ansim-draw", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(STOP_S)
    if lost:
        raise lost[0]

"""Screen, buttons, buzzer and battery of a kit, each of which may be lost without ending the run.

A lost part is left out, and opened again with back-off in session time. The sensors, and every other part, go
on meanwhile: an inspection does not end because a wire of the screen came loose.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, Literal, TypeVar

from PIL import Image

from firmware.handheld.screen.sounds import Tone, play
from firmware.log import get_logger
from hw.errors import DeviceLost
from hw.kit import Kit, reopen
from hw.protocols import Device
from hw.types import ButtonPress

FIRST_WAIT_NS = 500_000_000
LONGEST_WAIT_NS = 8_000_000_000
DEFAULT_SIZE = (320, 240)
D = TypeVar("D", bound=Device)
T = TypeVar("T")
log = get_logger(__name__)


class PanelPart(Generic[D]):
    """One part of the panel; None where the kit has none."""

    def __init__(self, device: D | None) -> None:
        self.device = device
        self._lost = False
        self._wait_ns = FIRST_WAIT_NS
        self._next_try_ns = 0

    def use(self, action: Callable[[D], T], *, t_ns: int) -> T | None:
        """Do something with the part.

        Parameters
        ----------
        action : callable
            Takes the device.
        t_ns : int
            Session time, in ns; times the back-off.

        Returns
        -------
        object or None
            The result of ``action``; None where the part is absent or lost.
        """
        if self.device is None or (self._lost and t_ns < self._next_try_ns):
            return None
        try:
            if self._lost:
                reopen(self.device)
            done = action(self.device)
        except DeviceLost as error:
            self._postpone(error, t_ns)
            return None
        self._lost, self._wait_ns = False, FIRST_WAIT_NS
        return done

    def _postpone(self, error: DeviceLost, t_ns: int) -> None:
        if not self._lost:
            log.warning("panel part lost", reason=error.reason, what=error.what, hint=error.hint)
        self._lost = True
        self._next_try_ns = t_ns + self._wait_ns
        self._wait_ns = min(2 * self._wait_ns, LONGEST_WAIT_NS)


class PanelParts:
    """The panel of a kit; without a kit there are no parts."""

    def __init__(self, kit: Kit | None = None) -> None:
        self._display = PanelPart(None if kit is None else kit.display)
        self._buttons = PanelPart(None if kit is None else kit.buttons)
        self._buzzer = PanelPart(None if kit is None else kit.buzzer)
        self._battery = PanelPart(None if kit is None else kit.battery)
        screen = self._display.device
        self.size: tuple[int, int] = DEFAULT_SIZE if screen is None else screen.size
        self.mode: Literal["RGB", "1"] = "RGB" if screen is None else screen.mode

    @property
    def has_buttons(self) -> bool:
        """Whether the kit has buttons, lost ones included."""
        return self._buttons.device is not None

    def poll(self, *, t_ns: int) -> Sequence[ButtonPress]:
        """Return the presses since the last call."""
        return self._buttons.use(lambda buttons: buttons.poll(), t_ns=t_ns) or ()

    def show(self, picture: Image.Image, *, t_ns: int) -> None:
        """Show a picture of the screen's size and mode."""
        self._display.use(lambda display: display.show(picture), t_ns=t_ns)

    def sound(self, tones: tuple[Tone, ...], *, silent: bool, t_ns: int) -> None:
        """Sound a pattern, unless silent mode is on."""
        self._buzzer.use(lambda buzzer: play(buzzer, tones, silent=silent), t_ns=t_ns)

    def charge(self, *, t_ns: int) -> float | None:
        """Return the state of charge.

        Parameters
        ----------
        t_ns : int
            Session time, in ns.

        Returns
        -------
        float or None
            0…1; None where there is no battery or it does not answer.
        """
        return self._battery.use(lambda battery: battery.read(), t_ns=t_ns)

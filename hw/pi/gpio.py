"""The pins of the 40-pin header: the table of wires, and gpiozero with its errors turned into `HwError`."""

from __future__ import annotations

import tomllib
import warnings
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from hw.errors import DeviceBusy, DeviceDenied, DeviceLost, DeviceMissing, HwError, MissingComponent

T = TypeVar("T")
DRIVERS = frozenset({"gpiozero", "lgpio", "rgpio", "RPi", "pigpio"})  # whose own errors are plain Exceptions
UNKNOWN_BOARD = "peripheral base address"  # what RPi.GPIO says on a Pi 5
BOARD_NAME = Path("/proc/device-tree/model")
PI_HINT = "Buttons, lights and panel need a Raspberry Pi; without them ansim runs in the terminal."
GROUP_HINT = "Add the user to the gpio group: sudo usermod -aG gpio NAME, then log in again."
LIBRARY_HINT = (
    "The pin library does not know this Pi. Install lgpio: sudo apt install python3-lgpio python3-rpi-lgpio, "
    "or pip install lgpio rpi-lgpio in place of RPi.GPIO."
)
OWNER_HINT = "Stop the other program: sudo systemctl stop ansim, or see gpioinfo."


@cache
def pins(group: str) -> Mapping[str, int]:
    """Return name and BCM number of the wires of one group."""
    table = tomllib.loads((files("hw.pi") / "pins.toml").read_text(encoding="utf-8"))
    return {name: int(wire["bcm"]) for name, wire in table[group].items()}


def import_gpiozero() -> ModuleType:
    """Return gpiozero, or raise `MissingComponent`."""
    try:
        return import_module("gpiozero")
    except ImportError as error:
        raise MissingComponent(
            "gpiozero is not installed", hint="Install ansim with its [pi] extra."
        ) from error


def claim(make: Callable[[ModuleType], T]) -> T:
    """Create gpiozero devices; any error of gpiozero becomes a `HwError`.

    Raises
    ------
    MissingComponent, DeviceMissing, DeviceDenied, DeviceBusy
        With the hint that helps.
    """
    gpiozero = import_gpiozero()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # gpiozero warns of every pin factory that it tries in vain
            return make(gpiozero)
    except Exception as error:
        if not _is_pins_own(error):
            raise
        raise _why(gpiozero, error) from error


def drive(act: Callable[[], T]) -> T:
    """Act on pins that were claimed; raises `DeviceLost` where that fails."""
    try:
        return act()
    except Exception as error:
        if not (_is_pins_own(error) or isinstance(error, AttributeError)):  # gpiozero's, of a closed device
            raise
        raise DeviceLost(f"The pins do not answer: {error}", hint="Restart ansim.") from error


def _is_pins_own(error: Exception) -> bool:
    """Return whether an error comes from the pins or their library, and is no mistake of this program."""
    maker = type(error).__module__.partition(".")[0]
    return maker in DRIVERS or isinstance(error, OSError | ImportError | RuntimeError)


def _is_pi() -> bool:
    try:
        return "raspberry" in BOARD_NAME.read_text(errors="replace").lower()
    except OSError:
        return False


def _why(gpiozero: ModuleType, error: Exception) -> HwError:
    text = str(error).lower()
    if isinstance(error, PermissionError) or "permission" in text or "not allowed" in text:
        return DeviceDenied("This user may not use the pins", hint=GROUP_HINT)
    if isinstance(error, gpiozero.GPIOPinInUse) or "busy" in text:
        return DeviceBusy(f"A pin is in use: {error}", hint=OWNER_HINT)
    if UNKNOWN_BOARD in text or _is_pi():
        return MissingComponent(f"The pins cannot be used: {error}", hint=LIBRARY_HINT)
    return DeviceMissing(f"There are no GPIO pins here ({type(error).__name__})", hint=PI_HINT)

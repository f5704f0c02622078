"""Loads pyrtlsdr on whatever librtlsdr a system has.

pyrtlsdr binds functions that only one fork of librtlsdr exports (PLL dithering, GPIO bits). Debian and
Raspberry Pi OS ship the osmocom library, on which ``import rtlsdr`` ends in an AttributeError. pyrtlsdr
asks a module ``pyrtlsdrlib`` for the library first; where that is not installed, we answer with the
system's library, in which the absent optional functions succeed and do nothing.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import importlib
import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from hw.errors import MissingComponent

OPTIONAL = frozenset(
    {
        "rtlsdr_set_dithering",
        "rtlsdr_set_gpio_output",
        "rtlsdr_set_gpio_input",
        "rtlsdr_set_gpio_bit",
        "rtlsdr_get_gpio_bit",
        "rtlsdr_set_gpio_byte",
        "rtlsdr_get_gpio_byte",
        "rtlsdr_set_gpio_status",
        "rtlsdr_set_bias_tee",
    }
)
FILES = ("librtlsdr.so", "librtlsdr.so.2", "librtlsdr.so.0", "librtlsdr.dylib")
HINT = "On Debian or Raspberry Pi OS: sudo apt install librtlsdr0 (Trixie: librtlsdr2), or make install-pi."


class _Absent:
    """A function the library lacks: pyrtlsdr sets its types and calls it, nothing happens."""

    restype: object = None
    argtypes: object = None

    def __call__(self, *_args: object) -> int:
        return 0


class TolerantLibrary(ctypes.CDLL):
    """A librtlsdr whose optional functions may be absent."""

    def __getattr__(self, name: str) -> Any:
        try:
            return super().__getattr__(name)
        except AttributeError:
            if name not in OPTIONAL:
                raise
            absent = _Absent()
            setattr(self, name, absent)
            return absent


def _candidates() -> list[str]:
    folders = [f for f in os.environ.get("LD_LIBRARY_PATH", "").split(":") if f.strip()]
    named = [str(Path(folder) / file) for folder in folders for file in FILES]
    found = ctypes.util.find_library("rtlsdr")
    return [*named, *FILES, *([found] if found else [])]


def load_library() -> ctypes.CDLL | None:
    """Return the first librtlsdr that loads; None where there is none."""
    for candidate in _candidates():
        try:
            return TolerantLibrary(candidate)
        except OSError:
            continue
    return None


def import_rtlsdr() -> ModuleType:
    """Return pyrtlsdr's module.

    Raises
    ------
    MissingComponent
        pyrtlsdr is not installed, or there is no librtlsdr it can use.
    """
    lent = _lend_loader()
    try:
        return importlib.import_module("rtlsdr")
    except (ImportError, AttributeError, OSError) as error:
        if isinstance(error, ModuleNotFoundError):
            raise MissingComponent(
                f"{error.name} is not installed", hint="Install ansim with its [pi] extra."
            ) from error
        raise MissingComponent(f"librtlsdr cannot be used: {error}", hint=HINT) from error
    finally:
        if lent:
            sys.modules.pop("pyrtlsdrlib", None)


def _lend_loader() -> bool:
    if "rtlsdr" in sys.modules or importlib.util.find_spec("pyrtlsdrlib") is not None:
        return False
    module = ModuleType("pyrtlsdrlib")
    module.load_librtlsdr = load_library  # type: ignore[attr-defined]
    sys.modules["pyrtlsdrlib"] = module
    return True

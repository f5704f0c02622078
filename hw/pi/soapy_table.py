"""The table of receivers that SoapySDR reaches, and which of them are plugged in (`soapy.toml`)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

ROOT = Path("/")
LIBRARY_FILES = (
    "usr/lib/*/libSoapySDR.so.0.8*",
    "usr/lib/libSoapySDR.so.0.8*",
    "usr/local/lib/libSoapySDR.so.0.8*",
)
MODULE_FOLDERS = (
    "usr/lib/*/SoapySDR/modules0.8",
    "usr/lib/SoapySDR/modules0.8",
    "usr/local/lib/SoapySDR/modules0.8",
)
LIBRARY_HINT = "SoapySDR is missing. On Debian or Raspberry Pi OS: sudo apt install python3-soapysdr"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownReceiver:
    """A receiver of the table: its driver, module and package, and its USB numbers."""

    driver: str
    name: str
    module: str
    package: str
    usb: tuple[str, ...]
    source: str

    @property
    def install_hint(self) -> str:
        """The way to its module."""
        if not self.package:
            return f"Build SoapySDR's module for the {self.name} from source, beside its maker's library."
        return f"On Debian or Raspberry Pi OS: sudo apt install {self.package}."

    def missing_hint(self, root: Path = ROOT) -> str:
        """Return what has to be installed before it can be used; empty where nothing has."""
        if not any(True for pattern in LIBRARY_FILES for _ in root.glob(pattern)):
            return f"{LIBRARY_HINT} {self.package}".rstrip() + "."
        folders = (folder for pattern in MODULE_FOLDERS for folder in root.glob(pattern))
        if not any((folder / self.module).exists() for folder in folders):
            return f"SoapySDR has no module for it. {self.install_hint}"
        return ""


@cache
def known_receivers() -> tuple[KnownReceiver, ...]:
    """Return the table."""
    table = tomllib.loads((files("hw.pi") / "soapy.toml").read_text(encoding="utf-8"))
    return tuple(KnownReceiver(**{**row, "usb": tuple(row["usb"])}) for row in table["receiver"])


def by_driver(driver: str) -> KnownReceiver | None:
    """Return the receiver of a driver; None for one that the table does not know."""
    return next((each for each in known_receivers() if each.driver == driver), None)


def by_usb(number: str) -> KnownReceiver | None:
    """Return the receiver with a USB number such as ``1d50:6089``; None where it is none of these."""
    return next((each for each in known_receivers() if number in each.usb), None)


def plugged_in(root: Path = ROOT) -> Iterator[tuple[Path, KnownReceiver]]:
    """Yield the receivers on USB, each with its folder in the kernel's files."""
    for folder in sorted((root / "sys/bus/usb/devices").glob("*")):
        known = by_usb(f"{_word(folder / 'idVendor')}:{_word(folder / 'idProduct')}")
        if known is not None:
            yield folder, known


def _word(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""

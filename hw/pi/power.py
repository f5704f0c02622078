"""Reads battery, supply voltage and temperature, from a fuel gauge and from the kernel's own files.

References
----------
MAX17048 data sheet, 19-6171 rev 7: VCELL (02h, 78.125 µV a step), SOC (04h, 1/256 % a step), VERSION (08h).
Raspberry Pi documentation, vcgencmd get_throttled: bits 0 under-voltage, 1 capped, 2 throttled, 3 hot.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from hw.config import HwConfig
from hw.errors import DeviceDenied, DeviceLost, DeviceMissing, HwError, MissingComponent, Reason
from hw.pi.held_device import HeldHandle, PiDevice
from hw.protocols import Clock
from hw.types import DeviceHealth, DeviceInfo

ROOT = Path("/")
SUPPLIES = "sys/class/power_supply"
TEMPERATURE = "sys/class/thermal/thermal_zone0/temp"  # m°C
THROTTLED = (
    "sys/devices/platform/soc/soc:firmware/get_throttled",
    "sys/devices/platform/soc@107c000000/soc@107c000000:firmware/get_throttled",  # Pi 5
)
HOT_C = 80.0  # the Pi slows down from here on
UNDER_VOLTAGE, CAPPED, THROTTLES, HOT = 1 << 0, 1 << 1, 1 << 2, 1 << 3

I2C_BUS = 1
GAUGE_ADDRESS = 0x36
VCELL, SOC, VERSION = 0x02, 0x04, 0x08
GAUGE_FAMILY, FAMILY_MASK = 0x0010, 0xFFF0
STEPS_PER_PERCENT = 256
PERCENT = 100.0
POWER_HINT = "Use a supply of 5 V and at least 3 A, with a short cable; charge the battery."
HEAT_HINT = "Let it cool down; check the vents of the case."


class Gauge(Protocol):
    """Interface of a fuel gauge."""

    @property
    def name(self) -> str: ...  # noqa: D102
    def charge(self) -> float: ...  # noqa: D102
    def close(self) -> None: ...  # noqa: D102


class SysfsGauge:
    """A battery that the kernel reports: a laptop's, or a HAT with a driver."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "capacity"
        self.name = folder.name

    def charge(self) -> float:
        """Return the state of charge.

        Returns
        -------
        float
            0…1.
        """
        value = read_number(self._file)
        if value is None or not 0 <= value <= PERCENT:
            raise DeviceLost("The battery does not answer", hint="Plug the battery in.")
        return value / PERCENT

    def close(self) -> None:
        """Do nothing: nothing is held open."""


class Max17048:
    """The fuel gauge of most battery boards for the Pi, on I²C."""

    name = "MAX17048"

    def __init__(self, bus: Any) -> None:
        self._bus = bus
        if self._word(VERSION) & FAMILY_MASK != GAUGE_FAMILY:
            self.close()
            raise DeviceMissing("What answers at 0x36 is no MAX17048", hint="Check the battery board.")

    def _word(self, register: int) -> int:
        try:
            low_first = int(self._bus.read_word_data(GAUGE_ADDRESS, register))
        except OSError as error:
            raise DeviceLost("The battery gauge does not answer", hint="Check its four wires.") from error
        return (low_first & 0xFF) << 8 | low_first >> 8

    def charge(self) -> float:
        """Return the state of charge; a full cell may read a little more than 100 %.

        Returns
        -------
        float
            0…1.
        """
        percent = self._word(SOC) / STEPS_PER_PERCENT
        if not self._word(VCELL):
            hint = "Plug the battery in."
            raise DeviceLost("The gauge measures no battery", hint=hint, reason=Reason.GARBAGE)
        return min(1.0, percent / PERCENT)

    def close(self) -> None:
        """Release the bus."""
        self._bus.close()


class PiBattery(PiDevice[Gauge]):
    """The battery. Its `health` is that of the whole supply: voltage, temperature, throttling."""

    def __init__(self, find: Callable[[], Gauge], *, root: Path = ROOT) -> None:
        self._root = root
        self._charge: float | None = None
        held = HeldHandle(find, lambda gauge: gauge.close())
        super().__init__(DeviceInfo(role="battery", backend="pi", name="battery"), held)
        held.open()
        self._info = DeviceInfo(role="battery", backend="pi", name=held.hold().name)

    def read(self) -> float | None:
        """Return the state of charge, 0…1.

        Raises
        ------
        DeviceLost
            The gauge does not answer, or answers nonsense.
        """
        self._charge = None
        gauge = self._held.hold()
        try:
            self._charge = gauge.charge()
        except DeviceLost as error:
            raise self._held.lose(error) from error
        return self._charge

    def health(self) -> DeviceHealth:
        """Return the health of the supply; heat and voltage come before a silent gauge."""
        numbers = supply_numbers(self._root)
        if self._charge is not None:
            numbers["charge"] = self._charge
        health = self._held.health(numbers)
        if numbers.get("under_voltage"):
            hint = f"The supply voltage is too low. {POWER_HINT}"
            return DeviceHealth(ok=False, reason=Reason.UNDER_VOLTAGE, hint=hint, numbers=health.numbers)
        if numbers.get("throttled") or numbers.get("temperature_c", 0.0) >= HOT_C:
            return DeviceHealth(ok=False, reason=Reason.OVERHEATED, hint=HEAT_HINT, numbers=health.numbers)
        return health


def supply_numbers(root: Path = ROOT) -> dict[str, float]:
    """Return the temperature, and whether voltage or throttling is in trouble, as the kernel reports them.

    Parameters
    ----------
    root : Path
        Folder in which the kernel's files are looked for.

    Returns
    -------
    dict of str to float
        ``temperature_c`` in °C; ``under_voltage`` and ``throttled`` as 0.0 or 1.0. What the kernel does not
        report is absent.
    """
    numbers: dict[str, float] = {}
    temperature = read_number(root / TEMPERATURE)
    if temperature is not None:
        numbers["temperature_c"] = temperature / 1000
    flags = next((f for f in (_read_flags(root / path) for path in THROTTLED) if f is not None), None)
    if flags is not None:
        numbers["under_voltage"] = float(bool(flags & UNDER_VOLTAGE))
        numbers["throttled"] = float(bool(flags & (CAPPED | THROTTLES | HOT)))
    return numbers


def read_number(path: Path) -> float | None:
    """Return the number in a file of the kernel.

    Parameters
    ----------
    path : Path
        The file; it holds one number in decimal.

    Returns
    -------
    float or None
        In the unit of the file; None where there is no such file or no number in it.
    """
    try:
        return float(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        return None


def _read_flags(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="ascii").strip(), 16)
    except (OSError, ValueError):
        return None


def find_gauge(root: Path = ROOT) -> Gauge:
    """Return the battery that the kernel knows, else the gauge on I²C.

    Raises
    ------
    DeviceMissing, DeviceDenied, MissingComponent
        There is none, it may not be read, or smbus2 is not installed.
    """
    for folder in sorted((root / SUPPLIES).glob("*")):
        if _word(folder / "type") == "Battery" and _word(folder / "scope") != "Device":
            return SysfsGauge(folder)
    bus = root / f"dev/i2c-{I2C_BUS}"
    if not bus.exists():
        raise DeviceMissing("There is no battery here", hint="Nothing to do where it runs from the mains.")
    try:
        smbus = import_module("smbus2")
    except ImportError as error:
        raise MissingComponent(
            "smbus2 is not installed", hint="Install ansim with its [pi] extra."
        ) from error
    return _on_i2c(smbus, bus)


def _on_i2c(smbus: Any, bus: Path) -> Gauge:
    try:
        return Max17048(smbus.SMBus(str(bus)))
    except PermissionError as error:
        hint = "Add the user to the i2c group: sudo usermod -aG i2c NAME."
        raise DeviceDenied("This user may not read the battery gauge", hint=hint) from error
    except (OSError, HwError) as error:
        if isinstance(error, DeviceMissing):
            raise
        raise DeviceMissing("No battery gauge answers", hint="Check its wires: i2cdetect -y 1.") from error


def _word(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def open_battery(*, target: str, config: HwConfig, clock: Clock) -> PiBattery:  # noqa: ARG001 - as every factory
    """Open the battery.

    Raises
    ------
    DeviceMissing, DeviceDenied, MissingComponent
        With the hint that helps.
    """
    return PiBattery(find_gauge)

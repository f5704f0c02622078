"""Reads the RSSI voltage of a receiver module through an MCP3008 (SPI, gpiozero) or an ADS1115 (I²C, smbus2).

References
----------
Microchip DS21295 (MCP3008); Texas Instruments SBAS444 (ADS1115), registers 00h and 01h.
"""

from __future__ import annotations

import time
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from hw.errors import DeviceDenied, DeviceLost, DeviceMissing, MissingComponent
from hw.pi.gpio import claim, drive

SUPPLY_V = 3.3  # of the MCP3008 and its reference
CHIP_ENABLE = 1  # GPIO7: the panel has the other one
I2C_BUS, I2C_NODE = 1, Path("/dev/i2c-1")
ADS1115, CONVERSION, CONFIG = 0x48, 0x00, 0x01
# One conversion of ±2.048 V at 860 a second; the input is set in bits 12 to 14.
ONE_SHOT, SINGLE_INPUT, RANGE_2V, FAST, NO_COMPARATOR = 0x8000, 0x4000, 0x0400, 0x01E0, 0x0003
SINGLE_SHOT_MODE, CONVERSION_S, FULL_SCALE_V = 0x0100, 0.0025, 2.048
EXTRA_HINT = "Install ansim with its [pi] extra."
WIRES_HINT = "Check the wires of the converter (hw/ASSEMBLY.md)."


class LevelMeter(Protocol):
    """Interface of a converter."""

    def volts(self) -> float: ...  # noqa: D102
    def close(self) -> None: ...  # noqa: D102


class Mcp3008:
    """The converter on SPI0, second chip enable."""

    def __init__(self, channel: int) -> None:
        self._device: Any = claim(
            lambda gpiozero: gpiozero.MCP3008(channel=channel, device=CHIP_ENABLE, max_voltage=SUPPLY_V)
        )

    def volts(self) -> float:
        """Return the voltage, V; raises `DeviceLost` where the pins do not answer."""
        return float(drive(lambda: self._device.voltage))

    def close(self) -> None:
        """Release the bus."""
        self._device.close()


class Ads1115:
    """The converter on I²C 1, address 48h."""

    def __init__(self, channel: int) -> None:
        self._config = (
            ONE_SHOT | SINGLE_INPUT | channel << 12 | RANGE_2V | SINGLE_SHOT_MODE | FAST | NO_COMPARATOR
        )
        self._bus = open_i2c()
        try:
            self.volts()
        except DeviceLost as error:
            self._bus.close()
            raise DeviceMissing("No ADS1115 answers at 48h", hint=WIRES_HINT) from error

    def volts(self) -> float:
        """Return the voltage, V; raises `DeviceLost` where the converter does not answer."""
        try:
            self._bus.write_i2c_block_data(ADS1115, CONFIG, list(self._config.to_bytes(2, "big")))
            time.sleep(CONVERSION_S)
            high, low = self._bus.read_i2c_block_data(ADS1115, CONVERSION, 2)
        except OSError as error:
            raise DeviceLost("The ADS1115 does not answer", hint=WIRES_HINT) from error
        return int.from_bytes((high, low), "big", signed=True) * FULL_SCALE_V / (1 << 15)

    def close(self) -> None:
        """Release the bus."""
        self._bus.close()


def open_i2c() -> Any:
    """Open I²C bus 1.

    Raises
    ------
    MissingComponent, DeviceMissing, DeviceDenied
        With the hint that helps.
    """
    try:
        smbus2 = import_module("smbus2")
    except ImportError as error:
        raise MissingComponent("smbus2 is not installed", hint=EXTRA_HINT) from error
    try:
        return smbus2.SMBus(I2C_BUS)
    except PermissionError as error:
        hint = "Add the user to the i2c group: sudo usermod -aG i2c NAME, then log in again."
        raise DeviceDenied("This user may not use the I²C bus", hint=hint) from error
    except OSError as error:
        hint = "Switch it on: sudo raspi-config nonint do_i2c 0."
        raise DeviceMissing("There is no I²C bus 1", hint=hint) from error


METERS: dict[str, type[Mcp3008] | type[Ads1115]] = {"mcp3008": Mcp3008, "ads1115": Ads1115}

"""A receiver module below the real gpiozero and smbus2: mock pins, a converter, a bus, a grabber."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import gpiozero
import numpy as np
import pytest
from gpiozero.pins.mock import MockFactory, MockSPIDevice

from hw.pi import grabber as grabber_module
from hw.pi import level_meters
from hw.pi.gpio import pins


class Register(MockSPIDevice):
    """The module's side of the three wires: it collects the words that were latched."""

    def __init__(self) -> None:
        wires = pins("video_receiver")
        self.words: list[int] = []
        self._bits: list[int] = []
        super().__init__(wires["clock"], wires["data"], None, wires["select"])

    def on_start(self) -> None:
        super().on_start()
        self._bits = []

    def on_bit(self) -> None:
        super().on_bit()
        self._bits.append(self.rx_buf[-1])

    def on_select(self) -> None:
        super().on_select()
        if self.select_pin.state and self._bits:
            self.words.append(sum(bit << place for place, bit in enumerate(self._bits)))
            self.lengths = len(self._bits)
            self._bits = []


class Converter(MockSPIDevice):
    """An MCP3008 on SPI0 with its second chip enable; ``volts`` are on every input."""

    def __init__(self, volts: Callable[[], float]) -> None:
        super().__init__(11, 10, 9, 7)
        self.volts = volts

    def on_start(self) -> None:
        super().on_start()
        self._asked: list[int] = []

    def on_bit(self) -> None:
        super().on_bit()
        if not self._asked and not self.rx_buf[-1]:
            return  # before the start bit
        self._asked.append(self.rx_buf[-1])
        if len(self._asked) == 5:  # start, single-ended, three bits of the channel
            code = min(1023, max(0, round(self.volts() / 3.3 * 1024)))
            self.tx_word(code, 12)  # two bits of sampling come first


class Wire:
    """An I²C bus with an ADS1115 and a tuner's synthesizer."""

    def __init__(self, volts: Callable[[], float]) -> None:
        self.volts, self.broken, self.closed = volts, False, 0
        self.configured: list[int] = []
        self.tuned: list[tuple[int, ...]] = []

    def write_i2c_block_data(self, address: int, register: int, data: list[int]) -> None:
        if self.broken:
            raise OSError(121, "Remote I/O error")
        if address == 0x48:
            assert register == 1
            self.configured.append(data[0] << 8 | data[1])
        else:
            assert address == 0x61
            self.tuned.append((register, *data))

    def read_i2c_block_data(self, address: int, register: int, count: int) -> list[int]:
        if self.broken:
            raise OSError(121, "Remote I/O error")
        assert (address, register, count) == (0x48, 0, 2)
        return list(round(self.volts() / 2.048 * 32768).to_bytes(2, "big", signed=True))

    def close(self) -> None:
        self.closed += 1


class Capture:
    """OpenCV's capture of a grabber."""

    there, opens, stalls = True, True, 0.0
    pictures: Callable[[], Any] = staticmethod(lambda: np.zeros((240, 320, 3), np.uint8))

    def __init__(self, path: str, api: int) -> None:
        assert api == cv2.CAP_V4L2
        self.released = False

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return Capture.opens

    def read(self) -> tuple[bool, Any]:
        if Capture.stalls:
            import time

            time.sleep(Capture.stalls)
        return (True, Capture.pictures()) if Capture.there else (False, None)

    def release(self) -> None:
        self.released = True


class Module:
    """Everything that is wired to the unit."""

    def __init__(self, patch: pytest.MonkeyPatch, folder: Path) -> None:
        self.level_v = 0.62
        self.node = folder / "video7"
        self.node.touch()
        for name, value in (("there", True), ("opens", True), ("stalls", 0.0)):
            patch.setattr(Capture, name, value)
        patch.setattr(grabber_module.cv2, "VideoCapture", Capture)
        self.register: Any = None
        self.converter: Any = None
        self.wire = Wire(lambda: self.level_v)

    def solder(self) -> None:
        """Put register and converter onto the mock pins, which a test has made."""
        assert isinstance(gpiozero.Device.pin_factory, MockFactory)
        self.register = Register()
        self.converter = Converter(lambda: self.level_v)

    def bus(self, patch: pytest.MonkeyPatch) -> None:
        """Let smbus2 open the made-up bus."""
        import smbus2

        patch.setattr(smbus2, "SMBus", lambda _number: self.wire)
        assert level_meters.I2C_BUS == 1

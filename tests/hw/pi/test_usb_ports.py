"""The places of dongles, over a stand-in of libusb, and the system's own library where there is one."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import pytest

from hw.pi.usb_ports import dongles, load_libusb, port_paths

RTL, MOUSE = (0x0BDA, 0x2838), (0x046D, 0xC077)


class StandInUsb:
    """A libusb with devices at given places; ``freed`` and ``left`` say that it was let go of."""

    def __init__(
        self, places: Sequence[str], *, numbers: Sequence[tuple[int, int]] | None = None, starts: bool = True
    ) -> None:
        self._places, self._starts = places, starts
        self._numbers = numbers or [RTL] * len(places)
        # A device is a pointer: here its number in the list, from 1.
        self._list = (ctypes.c_void_p * (len(places) + 1))(*range(1, len(places) + 1))
        self.freed = self.left = False

    def libusb_init(self, context: Any) -> int:
        return 0 if self._starts else -99

    def libusb_get_device_list(self, context: Any, devices: Any) -> int:
        devices._obj.contents = ctypes.c_void_p.from_buffer(self._list)
        return len(self._places)

    def libusb_get_device_descriptor(self, device: int, descriptor: Any) -> int:
        vendor, product = self._numbers[device - 1]
        descriptor[8:12] = list(vendor.to_bytes(2, "little") + product.to_bytes(2, "little"))
        return 0

    def libusb_get_bus_number(self, device: int) -> int:
        return int(self._places[device - 1].partition("-")[0])

    def libusb_get_port_numbers(self, device: int, ports: Any, most: int) -> int:
        steps = [int(step) for step in self._places[device - 1].partition("-")[2].split(".")]
        ports[: len(steps)] = steps
        return len(steps)

    def libusb_free_device_list(self, devices: Any, unref: int) -> None:
        self.freed = True

    def libusb_exit(self, context: Any) -> None:
        self.left = True


def test_known_devices_are_given_in_the_order_of_the_library() -> None:
    usb = StandInUsb(["1-1.4", "1-2", "3-1.2.7"], numbers=[RTL, MOUSE, RTL])
    assert port_paths(usb, dongles()) == ["1-1.4", "3-1.2.7"]
    assert (usb.freed, usb.left) == (True, True)


def test_a_library_that_does_not_start_has_none() -> None:
    assert port_paths(StandInUsb(["1-1"], starts=False), dongles()) == []


def test_the_systems_own_library_answers() -> None:
    usb = load_libusb()
    if usb is None:
        pytest.skip("libusb is not installed")
    assert all("-" in path for path in port_paths(usb, dongles()))

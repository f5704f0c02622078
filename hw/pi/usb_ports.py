"""Tells at which USB port each dongle is plugged in, in the order in which librtlsdr numbers them.

librtlsdr numbers the dongles that it knows in the order of libusb's list of devices and does not say where
they are. libusb does: asked for the same list, it gives the bus and the ports on the way to each device,
together the kernel's name of the place (``1-1.2``).
"""

from __future__ import annotations

import ctypes
import tomllib
from collections.abc import Collection, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

BY_PORT = "usb:"  # before the kernel's name of a port, where a serial is asked for: usb:1-1.2
LIBRARY = "libusb-1.0.so.0"  # librtlsdr is linked to it
DEEPEST = 7  # hubs in a row, USB 3.0 specification
VENDOR_AT, PRODUCT_AT, DESCRIPTOR_BYTES = 8, 10, 18  # USB 2.0 specification, table 9-8


@cache
def dongles() -> Mapping[str, str]:
    """Return the names of known receivers by their USB numbers, ``vendor:product``."""
    table = tomllib.loads((files("hw.pi") / "tuners.toml").read_text(encoding="utf-8"))
    return {row["usb"]: row["name"] for row in table["dongle"]}


def load_libusb() -> Any:
    """Return libusb with the types of its functions set; None where it is not installed.

    Returns
    -------
    ctypes.CDLL or None
        The library that librtlsdr itself uses.
    """
    try:
        usb = ctypes.CDLL(LIBRARY)
    except OSError:
        return None
    usb.libusb_get_device_list.restype = ctypes.c_ssize_t
    usb.libusb_get_device_list.argtypes = (ctypes.c_void_p, ctypes.c_void_p)
    usb.libusb_get_device_descriptor.argtypes = (ctypes.c_void_p, ctypes.c_void_p)
    usb.libusb_get_bus_number.restype = ctypes.c_uint8
    usb.libusb_get_bus_number.argtypes = (ctypes.c_void_p,)
    usb.libusb_get_port_numbers.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)
    usb.libusb_free_device_list.argtypes = (ctypes.c_void_p, ctypes.c_int)
    usb.libusb_exit.argtypes = (ctypes.c_void_p,)
    return usb


def port_paths(usb: Any, known: Collection[str]) -> list[str]:
    """Return the places of the devices whose USB numbers are known, in libusb's order.

    Parameters
    ----------
    usb
        libusb, see `load_libusb`.
    known : collection of str
        USB numbers, ``vendor:product`` in hexadecimal.

    Returns
    -------
    list of str
        The kernel's names, such as ``1-1.2``; empty where libusb does not start.
    """
    context, devices = ctypes.c_void_p(), ctypes.POINTER(ctypes.c_void_p)()
    if usb.libusb_init(ctypes.byref(context)) != 0:
        return []
    try:
        count = usb.libusb_get_device_list(context, ctypes.byref(devices))
        if count < 0:
            return []
        try:
            return [_path(usb, devices[n]) for n in range(count) if _numbers(usb, devices[n]) in known]
        finally:
            usb.libusb_free_device_list(devices, 1)
    finally:
        usb.libusb_exit(context)


def _numbers(usb: Any, device: int | None) -> str:
    """Return the vendor and product number of a device."""
    descriptor = (ctypes.c_ubyte * DESCRIPTOR_BYTES)()
    usb.libusb_get_device_descriptor(device, descriptor)
    vendor, product = (int.from_bytes(descriptor[at : at + 2], "little") for at in (VENDOR_AT, PRODUCT_AT))
    return f"{vendor:04x}:{product:04x}"


def _path(usb: Any, device: int | None) -> str:
    """Return the kernel's name of the place of a device."""
    ports = (ctypes.c_uint8 * DEEPEST)()
    count = max(usb.libusb_get_port_numbers(device, ports, DEEPEST), 0)
    return f"{usb.libusb_get_bus_number(device)}-{'.'.join(str(port) for port in ports[:count])}"

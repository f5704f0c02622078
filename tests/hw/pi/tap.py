"""A TAP interface of link type 803 in a network namespace of its own: what is written to it was "heard"."""

from __future__ import annotations

import ctypes
import fcntl
import os
import struct
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CLONE_NEWNET = 0x40000000
TUNSETIFF, TUNSETLINK = 0x400454CA, 0x400454CD
IFF_TAP, IFF_NO_PI = 0x0002, 0x1000
RADIOTAP, ETHERNET = 803, 1

needs_root = pytest.mark.skipif(
    os.geteuid() != 0 or not Path("/dev/net/tun").exists(), reason="needs root and /dev/net/tun"
)


def in_namespace(body: Callable[[], Any]) -> None:
    """Run ``body`` in a thread that has an empty network of its own; raise what it raises."""
    trouble: list[BaseException] = []

    def run() -> None:
        try:
            libc = ctypes.CDLL(None, use_errno=True)
            if libc.unshare(CLONE_NEWNET) != 0:
                pytest.skip(f"no network namespaces here: {os.strerror(ctypes.get_errno())}")
            body()
        except BaseException as error:
            trouble.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if trouble:
        raise trouble[0]


class Tap:
    """The interface; it goes when it is closed, as an adapter goes when it is unplugged."""

    def __init__(self, name: str, link_type: int = RADIOTAP) -> None:
        self.fd = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(self.fd, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
        if link_type != ETHERNET:
            fcntl.ioctl(self.fd, TUNSETLINK, link_type)

    def hear(self, frame: bytes) -> None:
        os.write(self.fd, frame)

    def close(self) -> None:
        if self.fd >= 0:
            os.close(self.fd)
        self.fd = -1

"""Writes FFT records as the kernel relays them: the tests' own reading of ``spectral_common.h``."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

HT40_MINUS, HT40_PLUS = 2, 3


def shifted(magnitudes: Sequence[float] | NDArray[np.float64]) -> tuple[int, bytes]:
    """Return the least exponent at which the largest magnitude fits into a byte, and the bytes."""
    values = np.rint(np.asarray(magnitudes, np.float64)).astype(np.int64)
    exponent = 0
    while values.max(initial=0) >> exponent > 255:
        exponent += 1
    return exponent, (values >> exponent).astype(np.uint8).tobytes()


def _record(kind: int, body: bytes) -> bytes:
    return struct.pack(">BH", kind, len(body)) + body


def ht20(
    magnitudes: NDArray[np.float64], *, mhz: int, tsf_us: int, rssi: int = 30, noise: int = -95
) -> bytes:
    exponent, data = shifted(magnitudes)
    top = int(np.max(magnitudes)) & 0xFFFF
    head = struct.pack(
        ">BHbbHBBQ", exponent, mhz, rssi, noise, top, int(np.argmax(magnitudes)), 1, tsf_us & (2**64 - 1)
    )
    return _record(1, head + data)


def ht20_of_old_kernels(
    magnitudes: NDArray[np.float64], *, mhz: int, tsf_us: int, rssi: int = 30, noise: int = -95, kind: int = 0
) -> bytes:
    head = struct.pack(">BHbbHBBQ", 0, mhz, rssi, noise, int(np.max(magnitudes)) & 0xFFFF, 0, 1, tsf_us)
    return _record(kind, head + np.rint(magnitudes).astype(">u2").tobytes())


def ht40(
    magnitudes: NDArray[np.float64],
    *,
    mhz: int,
    tsf_us: int,
    rssi: tuple[int, int] = (30, 30),
    noise: tuple[int, int] = (-95, -95),
    plus: bool = True,
) -> bytes:
    """``mhz`` is the primary channel; the 128 magnitudes run over both halves upwards."""
    exponent, data = shifted(magnitudes)
    head = struct.pack(
        ">BHbbQbbHHBBBBB",
        HT40_PLUS if plus else HT40_MINUS, mhz, *rssi, tsf_us, *noise, 0, 0, 0, 0, 1, 1, exponent,
    )  # fmt: skip
    return _record(2, head + data)


def ath10k(
    magnitudes: NDArray[np.float64],
    *,
    mhz: int,
    tsf_us: int,
    width_mhz: int = 22,
    rssi: int = 30,
    noise: int = -102,
) -> bytes:
    exponent, data = shifted(magnitudes)
    head = struct.pack(
        ">BHHhHHHQbBBBB", width_mhz, mhz, 0, noise, 1, 29, 435, tsf_us, 0, rssi, 16, 45, exponent
    )
    return _record(3, head + data)


def ath11k(
    magnitudes: NDArray[np.float64],
    *,
    mhz: int,
    tsf_us: int,
    width_mhz: int = 80,
    rssi: int = 30,
    noise: int = -95,
    primary: bool = False,
) -> bytes:
    exponent, data = shifted(magnitudes)
    flag = b"\x01" if primary else b""
    head = struct.pack(">BbB", width_mhz, 0, exponent) + flag
    head += struct.pack(">HHHhIi", mhz, 0, 1, rssi, tsf_us & 0xFFFFFFFF, noise)
    return _record(4, head + data)

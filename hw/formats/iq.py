"""Converts raw samples of SigMF datatypes to complex numbers and back; full scale is 1.0.

``cu8`` is the datatype of an RTL-SDR: 127.5 is zero, so both ends are exactly full scale. Integers that were
converted to complex64 convert back to the same bytes; that is what makes recordings exact.

References
----------
SigMF specification 1.2, core namespace, ``core:datatype``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Raw = bytes | bytearray | memoryview | NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleFormat:
    """Storage of one complex sample in a SigMF datatype: two values of ``dtype``, I before Q.

    ``real``: two real values that follow each other make one complex sample, at half the rate and a quarter
    of it above the recording's frequency.
    """

    name: str
    dtype: np.dtype[Any]
    zero: float
    scale: float
    real: bool = False

    @property
    def sample_bytes(self) -> int:
        """Bytes of one complex sample."""
        return 2 * self.dtype.itemsize


NUMBERS = {  # by SigMF's letter and bits: numpy's code, what is zero, full scale
    "f32": ("f4", 0.0, 1.0),
    "f64": ("f8", 0.0, 1.0),
    "i32": ("i4", 0.0, 2147483648.0),
    "u32": ("u4", 2147483647.5, 2147483647.5),
    "i16": ("i2", 0.0, 32768.0),
    "u16": ("u2", 32767.5, 32767.5),
    "i8": ("i1", 0.0, 128.0),
    "u8": ("u1", 127.5, 127.5),
}
ORDERS = {"_le": "<", "_be": ">", "": "<"}  # some recorders leave the order out: they run on little-endian


def _formats() -> dict[str, SampleFormat]:
    known = {}
    for kind, real in (("c", False), ("r", True)):
        for number, (code, zero, scale) in NUMBERS.items():
            for suffix, order in ORDERS.items():
                byte = code.endswith("1")  # a byte has no order, but some recorders state one
                known[kind + number + suffix] = SampleFormat(
                    name=kind + number + ("" if byte else suffix or "_le"),
                    dtype=np.dtype(("|" if byte else order) + code),
                    zero=zero,
                    scale=scale,
                    real=real,
                )
    return known


FORMATS = _formats()
# Those whose samples single precision holds: a block of them is recorded as it came.
EXACT = frozenset(
    name
    for name, form in FORMATS.items()
    if not form.real and form.dtype.name in {"int8", "uint8", "int16", "uint16", "float32"}
)


def sample_format(datatype: str) -> SampleFormat | None:
    """Return the storage of a complex sample in a SigMF datatype, None where it is not known here."""
    return FORMATS.get(datatype)


def to_complex(raw: Raw, datatype: str) -> NDArray[np.complex64]:
    """Convert raw samples to complex numbers.

    Parameters
    ----------
    raw : bytes-like or ndarray of uint8
        Interleaved I and Q. An odd rest that makes no whole sample is left out.
    datatype : str
        SigMF datatype, a key of `FORMATS`.

    Returns
    -------
    ndarray, shape (n,), complex64
        1.0 is full scale of one component.

    Raises
    ------
    KeyError
        The datatype is not known.
    """
    form = FORMATS[datatype]
    values = _values(raw, form)
    numbers = _scaled(values, form)
    return real_to_complex(numbers) if form.real else numbers.view(np.complex64)


def _scaled(values: NDArray[Any], form: SampleFormat) -> NDArray[np.float32]:
    """Values with 1.0 as full scale; integers of 32 bits need double precision on the way."""
    wide = np.float64 if form.dtype.itemsize > 2 and form.dtype.kind != "f" else np.float32
    with np.errstate(over="ignore", invalid="ignore"):  # what single precision cannot hold is a gap
        numbers: NDArray[Any] = values.astype(wide)
    if form.zero:
        numbers -= wide(form.zero)
    if form.scale != 1.0:
        numbers /= wide(form.scale)
    return np.asarray(numbers, np.float32)


def real_to_complex(values: NDArray[np.float32]) -> NDArray[np.complex64]:
    """Return real samples as complex ones of half the rate, centred on a quarter of their rate.

    Parameters
    ----------
    values : ndarray, shape (2 * n,), float32
        Real samples, full scale at ±1. NaN counts as 0; an odd last sample is left out.

    Returns
    -------
    ndarray, shape (n,), complex64
        The positive half of the spectrum, moved down to zero.

    Notes
    -----
    The spectrum of real samples is mirrored at negative frequencies, so its positive half (the analytic
    signal) holds everything and needs only half the rate.
    """
    count = len(values) // 2
    if count == 0:
        return np.zeros(0, np.complex64)
    spectrum = np.fft.rfft(np.nan_to_num(values[: 2 * count]))[:count]
    return np.asarray(np.fft.ifft(np.fft.ifftshift(spectrum)), np.complex64)


def from_complex(samples: NDArray[np.complex64], datatype: str) -> bytes:
    """Convert complex numbers to raw samples of ``datatype``; what exceeds full scale is clipped.

    Parameters
    ----------
    samples : ndarray, shape (n,), complex64
        1.0 is full scale of one component. In integers, NaN becomes 0 and infinity full scale.
    datatype : str
        SigMF name of the type to write, e.g. ``ci16_le``; a complex one.

    Returns
    -------
    bytes
        Interleaved I and Q values, ``n`` samples.

    Raises
    ------
    KeyError
        The datatype is not known, or real.
    """
    form = FORMATS[datatype]
    values = np.ascontiguousarray(samples, dtype=np.complex64).view(np.float32)
    if form.real:
        raise KeyError(datatype)
    if form.dtype.kind == "f":
        return values.astype(form.dtype, copy=False).tobytes()
    limits = np.iinfo(form.dtype)
    wide = np.float64 if form.dtype.itemsize > 1 and form.zero else np.float32  # 17 bits need more than 24
    codes: NDArray[Any] = np.nan_to_num(values).astype(wide)
    codes *= wide(form.scale)
    codes += wide(form.zero)
    np.clip(np.rint(codes, out=codes), limits.min, limits.max, out=codes)
    return codes.astype(form.dtype).tobytes()


def is_exact(samples: NDArray[np.complex64], raw: bytes, datatype: str) -> bool:
    """Return True where ``raw`` gives back exactly these samples.

    Parameters
    ----------
    samples : ndarray, shape (n,), complex64
        1.0 is full scale of one component.
    raw : bytes
        Bytes that are said to hold them.
    datatype : str
        SigMF name of the type of ``raw``.

    Returns
    -------
    bool
        False where a single value differs, where one is NaN, or where the lengths differ.

    Raises
    ------
    KeyError
        The datatype is not known.
    """
    return bool(np.array_equal(to_complex(raw, datatype), samples))


def clipped_share(raw: Raw, datatype: str) -> float:
    """Return the share of the I and Q values that lies at the ends of the converter's range.

    Parameters
    ----------
    raw : bytes-like or ndarray of uint8
        Samples as they stand in the recording.
    datatype : str
        SigMF name of their type, e.g. ``cu8``.

    Returns
    -------
    float
        Share of the I and Q values at the lowest or highest code, 0…1; 0.0 where there are no samples.

    Raises
    ------
    KeyError
        The datatype is not known.

    Notes
    -----
    Floats have no ends: their share is 0.0, even where the receiver behind them was overdriven.
    """
    form = FORMATS[datatype]
    values = _values(raw, form)
    if form.dtype.kind == "f" or not len(values):
        return 0.0
    limits = np.iinfo(form.dtype)
    return float(np.count_nonzero((values == limits.min) | (values == limits.max))) / len(values)


def without_gaps(samples: NDArray[np.complex64]) -> tuple[NDArray[np.complex64], int]:
    """Replace NaN and infinity by 0.

    Parameters
    ----------
    samples : ndarray, shape (n,), complex64
        Left as they are; where nothing is to be replaced, this very array is returned.

    Returns
    -------
    samples : ndarray, shape (n,), complex64
        Finite samples.
    count : int
        How many samples were replaced.
    """
    bad = ~np.isfinite(samples)
    count = int(np.count_nonzero(bad))
    return (np.where(bad, np.complex64(0), samples) if count else samples), count


def _values(raw: Raw, form: SampleFormat) -> NDArray[Any]:
    whole = memoryview(raw.data if isinstance(raw, np.ndarray) else raw).cast("B")
    count = len(whole) // form.sample_bytes
    return np.frombuffer(whole, dtype=form.dtype, count=2 * count)

"""Raw samples of SigMF datatypes to complex numbers and back. Full scale is 1.0.

``cu8`` is what an RTL-SDR gives: 127.5 is zero, so both ends are exactly full scale. Integers that were
converted to complex64 convert back to the same bytes; that is what makes recordings exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Raw = bytes | bytearray | memoryview | NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleFormat:
    """How one SigMF datatype keeps a complex sample: two values of ``dtype``, I before Q."""

    name: str
    dtype: np.dtype[Any]
    zero: float
    scale: float

    @property
    def sample_bytes(self) -> int:
        """Bytes of one complex sample."""
        return 2 * self.dtype.itemsize


def _formats() -> dict[str, SampleFormat]:
    known = {}
    for order, suffix in (("<", "_le"), (">", "_be")):
        known["cf32" + suffix] = ("f4", order, 0.0, 1.0)
        known["ci16" + suffix] = ("i2", order, 0.0, 32768.0)
        known["cu16" + suffix] = ("u2", order, 32767.5, 32767.5)
    for suffix in ("", "_le", "_be"):  # a byte has no order, but some recorders state one
        known["cu8" + suffix] = ("u1", "|", 127.5, 127.5)
        known["ci8" + suffix] = ("i1", "|", 0.0, 128.0)
    return {
        name: SampleFormat(
            name=name.partition("_")[0] if order == "|" else name,
            dtype=np.dtype(order + code),
            zero=zero,
            scale=scale,
        )
        for name, (code, order, zero, scale) in known.items()
    }


FORMATS = _formats()


def sample_format(datatype: str) -> SampleFormat | None:
    """Return how a SigMF datatype is kept, None where it is not complex or not known here."""
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
    numbers = values.astype(np.float32)
    if form.zero:
        numbers -= np.float32(form.zero)
    if form.scale != 1.0:
        numbers /= np.float32(form.scale)
    return numbers.view(np.complex64)


def from_complex(samples: NDArray[np.complex64], datatype: str) -> bytes:
    """Convert complex numbers to raw samples of ``datatype``; what exceeds full scale is clipped.

    Raises
    ------
    KeyError
        The datatype is not known.
    """
    form = FORMATS[datatype]
    values = np.ascontiguousarray(samples, dtype=np.complex64).view(np.float32)
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
    """Return True where ``raw`` gives back exactly these samples."""
    return bool(np.array_equal(to_complex(raw, datatype), samples))


def clipped_share(raw: Raw, datatype: str) -> float:
    """Return which share (0…1) of the I and Q values lies at the ends of the converter's range.

    Notes
    -----
    Floats have no ends: their share is 0.0, even where the receiver behind them was overdriven.

    Raises
    ------
    KeyError
        The datatype is not known.
    """
    form = FORMATS[datatype]
    values = _values(raw, form)
    if form.dtype.kind == "f" or not len(values):
        return 0.0
    limits = np.iinfo(form.dtype)
    return float(np.count_nonzero((values == limits.min) | (values == limits.max))) / len(values)


def without_gaps(samples: NDArray[np.complex64]) -> tuple[NDArray[np.complex64], int]:
    """Return samples with 0 in place of NaN and infinity, and how many of them there were."""
    bad = ~np.isfinite(samples)
    count = int(np.count_nonzero(bad))
    return (np.where(bad, np.complex64(0), samples) if count else samples), count


def _values(raw: Raw, form: SampleFormat) -> NDArray[Any]:
    whole = memoryview(raw.data if isinstance(raw, np.ndarray) else raw).cast("B")
    count = len(whole) // form.sample_bytes
    return np.frombuffer(whole, dtype=form.dtype, count=2 * count)

"""Samples: what a converter gave must come back bit by bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from hw.formats.iq import (
    EXACT,
    FORMATS,
    clipped_share,
    from_complex,
    is_exact,
    sample_format,
    to_complex,
    without_gaps,
)

INTEGERS = sorted(name for name in EXACT if FORMATS[name].dtype.kind != "f")


@given(st.binary(max_size=400), st.sampled_from(INTEGERS))
def test_integers_come_back_exactly(raw: bytes, name: str) -> None:
    whole = raw[: len(raw) // FORMATS[name].sample_bytes * FORMATS[name].sample_bytes]
    samples = to_complex(raw, name)
    assert from_complex(samples, name) == whole
    assert is_exact(samples, whole, name)
    assert samples.dtype == np.complex64
    assert not len(samples) or np.abs(samples.view(np.float32)).max() <= 1.0


@given(
    arrays.arrays(
        np.complex64,
        st.integers(0, 50),
        elements=st.complex_numbers(max_magnitude=9, width=64, allow_nan=False),
    ),
    st.sampled_from(["cf32_le", "cf32_be"]),
)
def test_floats_come_back_exactly(samples: np.ndarray, name: str) -> None:
    assert np.array_equal(to_complex(from_complex(samples, name), name), samples)


@pytest.mark.parametrize(
    ("name", "raw", "expected"),
    [
        ("cu8", bytes([0, 255, 127, 128]), [-1 + 1j, (-0.5 + 0.5j) / 127.5]),
        ("ci8", bytes([128, 127]), [-1 + 127j / 128]),
        ("ci16_le", b"\x00\x80\xff\x7f", [-1 + 32767j / 32768]),
        ("ci16_be", b"\x80\x00\x7f\xff", [-1 + 32767j / 32768]),
        ("cf32_le", np.array([0.25, -2.0], "<f4").tobytes(), [0.25 - 2j]),
        ("cf32_be", np.array([0.25, -2.0], ">f4").tobytes(), [0.25 - 2j]),
    ],
)
def test_known_values(name: str, raw: bytes, expected: list[complex]) -> None:
    assert np.allclose(to_complex(raw, name), expected, atol=1e-7)


def test_an_odd_rest_is_left_out() -> None:
    assert len(to_complex(bytes(7), "cu8")) == 3


def test_arrays_and_views_are_taken_too() -> None:
    raw = np.arange(64, dtype=np.uint8)
    for given_as in (raw, raw.tobytes(), memoryview(raw), bytearray(raw.tobytes())):
        assert np.array_equal(to_complex(given_as, "cu8"), to_complex(raw.tobytes(), "cu8"))


def test_too_much_is_clipped_not_wrapped() -> None:
    loud = np.array([3 - 3j, np.nan + 0j], dtype=np.complex64)
    assert from_complex(loud, "cu8")[:2] == bytes([255, 0])
    assert from_complex(loud, "ci16_le")[:4] == b"\xff\x7f\x00\x80"
    assert not is_exact(loud, from_complex(loud, "cu8"), "cu8")


def test_clipped_share_counts_values_at_the_ends() -> None:
    assert clipped_share(bytes([0, 255, 1, 254, 7, 8, 9, 0]), "cu8") == pytest.approx(3 / 8)
    assert clipped_share(bytes([127, 128, 0, 1]), "ci8") == pytest.approx(1 / 2)
    assert clipped_share(np.full(4, 9.0, "<f4").tobytes(), "cf32_le") == 0.0
    assert clipped_share(b"", "cu8") == 0.0


def test_what_is_not_finite_becomes_silence() -> None:
    samples = np.array([1, np.nan, np.inf * 1j, 2], dtype=np.complex64)
    mended, bad = without_gaps(samples)
    assert (mended.tolist(), bad) == ([1, 0, 0, 2], 2)
    same, none = without_gaps(mended)
    assert same is mended
    assert none == 0


def test_unknown_types_are_unknown() -> None:
    assert sample_format("ci24_le") is None
    assert sample_format("cu8_le") == FORMATS["cu8"]

"""The channel of a radiotap header: fields in front of it, alignment, more words, and cut headers."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw.formats.radiotap_channel import channel_mhz


def header(present: int, fields: bytes, more: tuple[int, ...] = ()) -> bytes:
    words = struct.pack(f"<{1 + len(more)}I", present, *more)
    return struct.pack("<BBH", 0, 0, 4 + len(words) + len(fields)) + words + fields


@pytest.mark.parametrize(
    ("present", "fields", "more"),
    [
        (0b1000, struct.pack("<HH", 2437, 0xA0), ()),
        (0b1111, struct.pack("<QBBHH", 5, 0, 2, 2437, 0xA0), ()),
        (0b1010, struct.pack("<BxHH", 0, 2437, 0xA0), ()),
        (1 << 31 | 0b1001, b"\0" * 4 + struct.pack("<QHH", 5, 2437, 0xA0), (1 << 31, 1 << 5)),
    ],
)
def test_the_channel_is_found_behind_other_fields(present: int, fields: bytes, more: tuple[int, ...]) -> None:
    if more:  # 4 + 12 bytes of head: TSFT is aligned already
        fields = fields[4:]
    assert channel_mhz(header(present, fields, more)) == 2437


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        header(0b0010, b"\0"),
        header(0b1000, b""),
        header(1 << 31 | 0b1000, b"")[:8],
        header(0b1001, struct.pack("<QH", 5, 2437)),
    ],
)
def test_a_header_without_a_channel_or_cut_names_none(frame: bytes) -> None:
    assert channel_mhz(frame) is None


@given(st.binary(max_size=80))
def test_hostile_bytes_never_raise(frame: bytes) -> None:
    found = channel_mhz(frame)
    assert found is None or 0 <= found <= 0xFFFF

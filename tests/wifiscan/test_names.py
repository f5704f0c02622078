"""Names in any encoding: never a letter that nobody sent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wifiscan.names import decode_name, readings


@pytest.mark.parametrize("name", ["우리집", "蓝蓝", "カメラ", "Café", "plain", "🏠 home"])
def test_utf_8_is_read_as_such(name):
    assert decode_name(name.encode()) == name
    assert readings(name) == ()


@pytest.mark.parametrize(
    ("name", "codec"), [("우리집", "cp949"), ("蓝蓝", "gbk"), ("カメラ", "cp932"), ("Café", "latin-1")]
)
def test_another_encoding_is_shown_as_bytes(name, codec):
    raw = name.encode(codec)
    shown = decode_name(raw)
    assert shown.isascii()
    assert bytes(shown, "ascii").decode("unicode_escape").encode("latin-1") == raw


@pytest.mark.parametrize(("name", "codec"), [("몰카", "cp949"), ("摄像头", "gbk"), ("隠しカメラ", "cp932")])
def test_every_sound_reading_is_to_be_had(name, codec):
    assert name in [text for _, text in readings(decode_name(name.encode(codec)))]


def test_a_name_cut_off_inside_a_character_keeps_the_others():
    raw = ("가" * 10 + "나").encode()[:32]
    assert decode_name(raw, limit=32) == "가" * 10 + r"\xeb\x82"
    assert "가" not in decode_name(raw)


@given(st.binary(max_size=40))
def test_what_is_no_utf_8_has_no_letter_beyond_ascii(raw):
    try:
        raw.decode()
    except UnicodeDecodeError:
        assert decode_name(raw).isascii()

"""What names of recordings say."""

from __future__ import annotations

import pytest

from hw.formats.iq_names import describe_name, rate_and_center


@pytest.mark.parametrize(
    ("name", "datatype", "rate_hz", "center_hz"),
    [
        ("g001_433.92M_250k.cu8", "cu8", 250e3, 433.92e6),
        ("g012_868M_1024k.cs16", "ci16_le", 1.024e6, 868e6),
        ("g003_1.278G_2.4M.cf32", "cf32_le", 2.4e6, 1.278e9),
        ("cam_1280000000Hz_2400000sps.cs8", "ci8", 2.4e6, 1.28e9),
        ("gqrx_20240101_120000_433920000_240000_fc.raw", "cf32_le", 240e3, 433.92e6),
        ("capture.complex16u", "cu8", None, None),
        ("capture.complex", "cf32_le", None, None),
        ("noname.cfile", "cf32_le", None, None),
    ],
)
def test_names_of_raw_samples(
    name: str, datatype: str, rate_hz: float | None, center_hz: float | None
) -> None:
    told = describe_name(name)
    assert told is not None
    assert (told.datatype, told.rate_hz, told.center_hz) == (datatype, rate_hz, center_hz)


@pytest.mark.parametrize("name", ["notes.txt", "picture.png", "some.raw", "noextension", "gqrx_1_2_3.raw"])
def test_other_names_say_nothing(name: str) -> None:
    assert describe_name(name) is None


def test_the_text_beside_a_capture_goes_before_its_name() -> None:
    text = "sample_rate=500000\ncenter_frequency=433920000\nlatitude=x\nbroken\nsample_rate=\n"
    told = describe_name("BBD_0001.C16", side_text=text)
    assert told is not None
    assert (told.datatype, told.rate_hz, told.center_hz) == ("ci16_le", 500e3, 433.92e6)


def test_dates_and_times_are_no_frequencies() -> None:
    assert rate_and_center("SDRSharp_20240101_120000Z_433920000Hz_IQ") == (None, 433.92e6)
    assert rate_and_center("HDSDR_20240101_120000Z_7040kHz_RF") == (None, 7.04e6)
    assert rate_and_center("baseband_1278000000Hz_12-00-00_01-01-2024") == (None, 1.278e9)

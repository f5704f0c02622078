"""The words that tune receiver modules, against the arithmetic of their data sheets."""

from __future__ import annotations

import pytest

from hw.pi.receiver_modules import pll_bytes, receiver_modules, three_wire_word
from sweeper.bands import load_bands

CHANNELS_48_MHZ = [round(hz / 1e6) for hz in load_bands().high_channels("analog_5g8")]


def test_all_forty_eight_channels_are_within_reach() -> None:
    module = receiver_modules()["rx5808"]
    names = [n for band in load_bands().high if band.part == "analog_5g8" for n in band.channel_names]
    assert len(names) == 48
    assert all(module.low_hz <= mhz * 1e6 <= module.high_hz for mhz in CHANNELS_48_MHZ)


@pytest.mark.parametrize("mhz", CHANNELS_48_MHZ)
def test_the_word_of_every_channel_follows_the_data_sheet(mhz: int) -> None:
    module = receiver_modules()["rx5808"]
    lo = (mhz - 479) // 2
    word = three_wire_word(module.divider(mhz * 1e6))
    assert word < 1 << 25
    assert (word & 0xF, word >> 4 & 1) == (0x1, 1)  # synthesizer register B, to be written
    data = word >> 5
    assert (data >> 7, data & 0x7F) == (lo // 32, lo % 32)
    received_mhz = 2 * (32 * (data >> 7) + (data & 0x7F)) + 479
    assert 0 <= mhz - received_mhz <= 1


def test_the_level_follows_the_data_sheets_line_and_is_unknown_elsewhere() -> None:
    modules = receiver_modules()
    assert modules["rx5808"].level_dbm(0.5) == pytest.approx(-91.0)
    assert modules["rx5808"].level_dbm(0.8) == pytest.approx(-43.0)
    assert modules["rx5808"].level_dbm(1.1) == pytest.approx(5.0)
    assert modules["rx1322"].level_dbm(0.8) is None


def test_the_cousin_at_1_2_ghz_is_tuned_as_it_was_seen_to_be() -> None:
    tuner = receiver_modules()["rx1322"]
    assert pll_bytes(tuner.divider(1080e6)) == (0x30, 0xBC, 0x8E)
    assert pll_bytes(tuner.divider(1081.5e6)) == (0x30, 0xC8, 0x8E)


def test_the_cousin_at_2_4_ghz_has_its_oscillator_an_intermediate_frequency_below() -> None:
    tuner = receiver_modules()["rx5055"]
    for mhz in (2414, 2432, 2450, 2468):
        high, low, control = pll_bytes(tuner.divider(mhz * 1e6))
        assert (high << 8 | low) * 0.125 == pytest.approx(mhz - 479.5)
        assert (high >> 7, control) == (0, 0x8E)


def test_every_module_has_a_source_and_a_divider_that_fits() -> None:
    for key, module in receiver_modules().items():
        assert module.key == key
        assert len(module.source) > 20
        for hz in (module.low_hz, module.high_hz):
            assert 0 < module.divider(hz) < 1 << 15
    assert pll_bytes(1 << 20) == (0x7F, 0xFF, 0x8E)
    assert pll_bytes(-5) == (0, 0, 0x8E)

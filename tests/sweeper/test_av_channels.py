"""The table of video channels."""

from __future__ import annotations

import pytest

from sweeper.av_channels import load_av_channels, parse_av_channels
from sweeper.errors import BadBands

GRID = """[[grid]]
name = "x"
part = "analog_2g4"
channels_hz = [2414e6]
channel_names = ["1"]
source = "book"
"""


def test_the_classic_channels_and_the_48_of_5_8_ghz_are_there() -> None:
    table = load_av_channels()
    assert {2414e6, 2432e6, 2450e6, 2468e6} <= set(table.channels_of("analog_2g4"))
    rows = [g for g in table.grid if g.part == "analog_5g8"]
    assert sum(len(g.channels_hz) for g in rows) == 48
    assert min(table.channels_of("analog_5g8")) == 5362e6
    assert max(table.channels_of("analog_5g8")) == 5945e6


def test_the_nearest_channel_is_named_with_its_distance() -> None:
    assert load_av_channels().nearest(2414.3e6) == (pytest.approx(0.3e6), "2.4G ch1 2414 MHz")
    assert load_av_channels().nearest(5645.2e6) == (pytest.approx(0.2e6), "5.8G E ch4 5645 MHz")


@pytest.mark.parametrize(
    "text", ["grid = 3", GRID.replace('["1"]', '["1", "2"]'), GRID.replace("2g4", "3g3"), "[[grid"]
)
def test_a_mistake_in_the_table_is_said(text: str) -> None:
    parse_av_channels(GRID)
    with pytest.raises(BadBands, match="video channels"):
        parse_av_channels(text)

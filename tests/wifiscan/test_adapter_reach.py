"""What an adapter cannot reach lowers the coverage, by the shares in the table, and says why."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw.clock import ManualClock
from hw.types import WIFI_BANDS_MHZ
from tests.wifiscan.stand_ins import ScriptedRadio
from wifiscan.adapter_reach import EVERYTHING, Reach, reach_of
from wifiscan.config import WifiConfig
from wifiscan.scanner import WifiScanner

TABLE = tomllib.loads((files("wifiscan") / "data" / "adapter_reach.toml").read_text(encoding="utf-8"))
BOTH, LOW, HIGH = (2412, 5180), (2412, 2462), (5180,)
NEWEST = {"2.4 GHz": 7, "5 GHz": 7}


def test_the_shares_are_shares() -> None:
    assert TABLE["source"]
    assert sum(TABLE["bands"].values()) == 1.0
    assert set(TABLE["generations"]) == set(TABLE["bands"]) <= set(WIFI_BANDS_MHZ)
    for row in TABLE["generations"].values():
        assert sum(row.values()) == pytest.approx(1.0)


@pytest.mark.parametrize("newest", [{}, NEWEST])
def test_an_adapter_with_both_bands_and_the_newest_generation_loses_nothing(newest: dict[str, int]) -> None:
    assert reach_of(BOTH, newest) == EVERYTHING
    assert reach_of((), {"2.4 GHz": 3}) == EVERYTHING  # a capture that nothing tunes says nothing
    assert EVERYTHING.reasons == ()


def test_a_band_that_is_missing_costs_names_and_traffic() -> None:
    reach = reach_of(LOW, NEWEST)
    assert reach.tuned == reach.decoded == pytest.approx(TABLE["bands"]["2.4 GHz"])
    assert reach.reasons == ("wifi_band_missing",)
    assert reach_of(HIGH, NEWEST).tuned == pytest.approx(TABLE["bands"]["5 GHz"])


def test_an_older_generation_costs_traffic_and_no_names() -> None:
    reach = reach_of(BOTH, {"2.4 GHz": 4, "5 GHz": 5})
    low, high = TABLE["bands"]["2.4 GHz"], TABLE["bands"]["5 GHz"]
    lost = low * TABLE["generations"]["2.4 GHz"]["6"] + high * TABLE["generations"]["5 GHz"]["6"]
    assert reach.tuned == 1.0
    assert reach.decoded == pytest.approx(1 - lost)
    assert reach.reasons == ("wifi_older_adapter",)


@given(
    st.lists(st.integers(2300, 7200), max_size=8),
    st.dictionaries(st.sampled_from(sorted(WIFI_BANDS_MHZ)), st.integers(0, 9)),
)
def test_reach_is_a_share_and_decoding_needs_tuning(channels: list[int], newest: dict[str, int]) -> None:
    reach = reach_of(channels, newest)
    assert 0.0 <= reach.decoded <= reach.tuned
    assert reach.tuned <= 1.0
    assert reach_of(channels, {b: g - 1 for b, g in newest.items()}).decoded <= reach.decoded


class Told(ScriptedRadio):
    """An adapter that says what it decodes."""

    def generations(self) -> dict[str, int]:
        return {"2.4 GHz": 4}


def test_the_scanner_asks_its_adapter() -> None:
    old = WifiScanner(radio=Told([], (2412e6,)), clock=ManualClock(), config=WifiConfig())
    silent = WifiScanner(radio=ScriptedRadio([], (2412e6,)), clock=ManualClock(), config=WifiConfig())
    assert old._reach == reach_of((2412,), {"2.4 GHz": 4})
    assert silent._reach == Reach(tuned=reach_of((2412,), {}).tuned, decoded=reach_of((2412,), {}).decoded)
    assert old._reach.decoded < silent._reach.decoded

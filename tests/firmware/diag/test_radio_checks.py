"""Self-tests of the Wi-Fi adapter and of Bluetooth on devices with one fault each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from firmware.diag import radio_checks
from firmware.diag.model import Check, DiagBench, Result
from firmware.i18n.catalog import Catalog
from hw.clock import ManualClock
from tests.firmware.diag.benches import BenchBle, BenchRadio, bench

Run = Callable[[DiagBench], Check | None]
CH1, CH36 = 2412e6, 5180e6
BOTH = {CH1: 30, 2437e6: 400, CH36: 20}


def radio(run: Run, **faults: Any) -> Check | None:
    clock = ManualClock()
    return run(bench(BenchRadio(clock, **({"per_s": BOTH} | faults)), clock))


def ended(check: Check | None) -> tuple[Result, str]:
    assert check is not None
    return check.result, check.remedy.key if check.remedy else ""


WELL = (Result.PASS, "")


def test_an_adapter_that_is_well() -> None:
    for run in (radio_checks.in_monitor_mode, radio_checks.bands, radio_checks.busiest):
        assert ended(radio(run)) == WELL
    check = radio(radio_checks.busiest)
    assert check is not None
    assert (check.numbers["frames_per_s"], check.numbers["channel_mhz"]) == (400.0, 2437.0)


@pytest.mark.parametrize(
    ("run", "faults", "expected"),
    [
        (radio_checks.in_monitor_mode, {"link_type": 1}, (Result.FAIL, "check.remedy.monitor_mode")),
        (radio_checks.bands, {"per_s": {CH36: 9}}, (Result.FAIL, "check.remedy.bands")),
        (radio_checks.bands, {"per_s": {CH1: 9}}, (Result.WARN, "check.remedy.one_band")),
        (radio_checks.bands, {"newest": {"2.4 GHz": 3, "5 GHz": 3}}, (Result.FAIL, "check.remedy.older")),
        (radio_checks.busiest, {"per_s": {CH1: 0, CH36: 0}}, (Result.WARN, "check.remedy.quiet")),
        (radio_checks.busiest, {"lost_share": 0.2}, (Result.WARN, "check.remedy.usb")),
    ],
)
def test_an_adapter_with_a_fault(run: Run, faults: dict[str, Any], expected: tuple[Result, str]) -> None:
    assert ended(radio(run, **faults)) == expected


def test_the_standards_of_every_band_are_said_with_what_they_reach() -> None:
    check = radio(radio_checks.bands, newest={"2.4 GHz": 4, "5 GHz": 5})
    assert check is not None
    assert check.result is Result.PASS
    said = Catalog("en").say(check.said)
    assert "2.4 GHz 802.11n: 2, 5 GHz 802.11ac: 1" in said
    assert f"{check.numbers['decoded_share']:.0%}" in said
    assert 0.85 < check.numbers["decoded_share"] < 0.95
    assert (check.numbers["generation_2.4"], check.numbers["generation_5"]) == (4, 5)
    silent = radio(radio_checks.bands)
    assert silent is not None
    assert "802.11" not in Catalog("en").say(silent.said)


def test_bluetooth_hears_or_does_not() -> None:
    clock = ManualClock()
    check = radio_checks.adverts(bench(BenchBle(clock, adverts=20), clock))
    assert ended(check) == WELL
    assert check.numbers["adverts_per_min"] == pytest.approx(300)
    assert check.numbers["devices"] == 3
    assert ended(radio_checks.adverts(bench(BenchBle(clock), clock))) == (
        Result.WARN,
        "check.remedy.ble_quiet",
    )

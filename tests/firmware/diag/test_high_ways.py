"""Each of the four ways to hear 2.4 and 5.8 GHz says whether it is there and hears, and what is needed."""

from __future__ import annotations

from pathlib import Path

import pytest

from firmware.diag.checks import run_checks
from firmware.diag.high_ways import WAYS, high_ways, is_absent_way, missing_ways
from firmware.diag.machine import Unit
from firmware.diag.model import Check, Result, broken, failed, passed, warned
from firmware.i18n.catalog import Catalog
from hw.config import HwConfig
from hw.errors import DeviceBusy, DeviceMissing, Reason
from hw.pi.discover import Found
from hw.pi.spectral import NEEDED

ROOM = "sim:analog-2g4-camera?also=spectral,survey,video_receiver"


def row(found: list[Check], name: str) -> Check:
    return next(check for check in high_ways(found) if check.name == name)


def test_a_way_whose_device_passes_hears_and_the_others_say_what_they_take() -> None:
    told = list(high_ways([passed("survey", name="wlan1")]))
    assert [check.name for check in told] == list(WAYS)
    assert [check.result for check in told] == [Result.PASS, Result.WARN, Result.WARN, Result.WARN]
    for catalog in (Catalog("ko"), Catalog("en")):
        for check in told[1:]:
            assert len(check.remedy_text(catalog)) > 40
            assert str(catalog.say(check.said))
            assert check.proves_text(catalog)


@pytest.mark.parametrize("found", [
    [failed("spectral", "check.remedy.spectral_quiet")],
    [broken("spectral", DeviceBusy("held", hint="End it."))],
    [passed("spectral"), warned("spectral.health", "check.remedy.spectral_quiet")],
])  # fmt: skip
def test_one_that_is_there_and_deaf_is_not_called_missing(found: list[Check]) -> None:
    check = row(found, "high.spectral")
    assert check.result is Result.WARN
    assert check.said.key == "check.said.high.deaf"
    assert check.remedy_text(Catalog("en"))


def test_the_devices_own_hint_is_told_where_it_says_more_than_the_way_itself() -> None:
    own = DeviceMissing("The ath9k driver makes no spectra", hint="Build this kernel's ath9k with …")
    assert "Build this kernel" in row([broken("spectral", own)], "high.spectral").remedy_text(Catalog("en"))
    plain = DeviceMissing("There is no adapter", hint=NEEDED)
    assert NEEDED not in row([broken("spectral", plain)], "high.spectral").remedy_text(Catalog("en"))


def test_what_only_says_that_a_way_is_absent_is_said_once() -> None:
    assert is_absent_way(broken("survey", DeviceMissing("none")))
    assert not is_absent_way(broken("survey", DeviceBusy("held")))
    assert not is_absent_way(broken("monitor", DeviceMissing("none")))
    assert not is_absent_way(passed("survey"))


def test_what_is_plugged_in_leaves_the_other_ways_missing() -> None:
    found = (
        Found(role="sdr", name="RTL2838", usable=True),
        Found(role="survey", name="wlan1", usable=True),
    )
    assert [role for role, _ in missing_ways(found)] == ["spectral", "sdr", "video_receiver"]
    hackrf = Found(role="sdr", name="HackRF", usable=True, choose='hw.sdr.soapy = "driver=hackrf"')
    assert "sdr" not in [role for role, _ in missing_ways((hackrf,))]


def test_a_simulated_unit_with_all_of_them_hears_in_three_ways() -> None:
    told = {check.name: check for check in run_checks(ROOM, HwConfig(), unit=Unit(disk=Path.cwd()))}
    assert told["high.survey"].result is Result.PASS
    assert told["high.spectral"].result is Result.PASS
    assert told["high.video_receiver"].result is Result.PASS
    assert told["high.sdr"].result is Result.WARN  # a simulated RTL-SDR
    assert told["spectral"].numbers["spectra_per_s"] > 100
    assert Reason.NOT_FOUND not in {check.reason for check in told.values()}

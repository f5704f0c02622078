"""SoapySDR receiver × fault: its reason and remedy in ``diag check``, exit codes, and healing."""

from __future__ import annotations

from typing import Any

import pytest
from typer.testing import CliRunner

from firmware.cli.app import app
from firmware.diag import checks
from firmware.diag.model import Asked, Check, Probe, Result
from firmware.i18n.catalog import Catalog
from hw.config import HwConfig, SdrConfig
from hw.errors import MissingComponent
from hw.pi import soapy as driver
from tests.hw.pi.conftest import SoapyFaults
from tests.hw.pi.test_fault_table import FAULTS

CONFIG = HwConfig(sdr=SdrConfig(soapy="driver=standin"))
SETTINGS = ("--set", "hw.sdr.soapy=driver=standin", "--set", "rf.plan=quick")
SPOILED: dict[str, dict[str, object]] = {
    "not_found": {"devices": 0},
    "denied": {"open": "denied"},
    "busy": {"open": "busy"},
    "unplugged": {"read": -2},
    "stalled": {"read": -1},
    "garbage": {"constant": 0.3},
}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "STALL_S", 0.05)
    monkeypatch.setattr(driver, "READ_S", 0.02)


def spoil(fault: str, soapy: SoapyFaults, patch: pytest.MonkeyPatch) -> None:
    if fault == "library":

        def absent() -> Any:
            raise MissingComponent("SoapySDR is not installed", hint="sudo apt install python3-soapysdr")

        patch.setattr(driver, "load_soapy", absent)
    else:
        soapy.set(**SPOILED[fault])


def checked(patch: pytest.MonkeyPatch) -> list[Check]:
    name, run = checks.PROBES["sdr"][0]
    patch.setattr(checks, "PROBES", {"sdr": (Probe(name, run),)})
    return list(checks._check_role("sdr", "pi", CONFIG, Asked(), lambda _name: None))


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_with_a_remedy_and_heals(
    soapy: SoapyFaults, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        spoil(fault, soapy, patch)
        told = next(check for check in checked(patch) if check.reason)
    assert told.result is not Result.PASS
    assert told.reason == fault
    assert told.hint
    for lang in ("ko", "en"):
        assert told.hint in told.remedy_text(Catalog(lang))  # type: ignore[arg-type]
    soapy.set()
    with monkeypatch.context() as patch:
        assert not [check for check in checked(patch) if check.reason]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_scan_ends_with_what_is_wrong(
    soapy: SoapyFaults, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that opens and fails later leaves the verdict open; one that does not open is an error."""
    spoil(fault, soapy, monkeypatch)
    asked = ["scan", "rf", "--kit", "pi", "--lang", "en", "--duration", "1", *SETTINGS]
    done = CliRunner().invoke(app, asked)
    code = {"unplugged": 11, "stalled": 11, "garbage": 11, "library": 3}.get(fault, 1)
    assert done.exit_code == code, done.output
    assert "Traceback" not in done.output


def test_a_receiver_that_does_not_reach_the_fm_band_is_tested_where_it_does(soapy: SoapyFaults) -> None:
    soapy.set(low=325e6, high=3.8e9, no_gain=1)
    told = list(checks._check_role("sdr", "pi", CONFIG, Asked(), lambda _name: None))
    assert [check.name for check in told if check.result is Result.FAIL] == []
    names = {check.name for check in told}
    assert "sdr" in names
    assert names.isdisjoint({"sdr.gain", "sdr.carrier", "sdr.ppm"})

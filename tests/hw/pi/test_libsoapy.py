"""The C interface of SoapySDR, as it is bound."""

from __future__ import annotations

import ctypes
import re
from pathlib import Path

import pytest

from hw.errors import MissingComponent
from hw.pi import libsoapy
from hw.pi.libsoapy import SoapyDevice, SoapyError, load_soapy, markup
from tests.hw.pi.conftest import SoapyFaults

HEADERS = Path("/usr/include/SoapySDR")


def test_devices_are_listed_with_their_arguments(soapy: SoapyFaults) -> None:
    soapy.set(devices=2)
    found = load_soapy().enumerate("driver=standin")
    assert [each["serial"] for each in found] == ["S1", "S2"]
    assert markup(found[1]) == "driver=standin, label=Stand-in SDR S2, serial=S2"
    assert load_soapy().enumerate("driver=nobody") == []


def test_what_a_driver_throws_is_raised_with_its_words(soapy: SoapyFaults) -> None:
    soapy.set(open="broken")
    with pytest.raises(SoapyError, match="firmware does not answer"):
        SoapyDevice(load_soapy(), "driver=standin")


def test_codes_and_flags_are_those_of_the_headers() -> None:
    if not HEADERS.exists():
        pytest.skip("no headers of SoapySDR")
    text = "".join((HEADERS / name).read_text() for name in ("Constants.h", "Errors.h", "Logger.h"))
    defined = dict(re.findall(r"define (SOAPY_SDR_\w+) \(?([-\d< ]+)\)?", text))
    mine = {
        "SOAPY_SDR_RX": libsoapy.RX,
        "SOAPY_SDR_HAS_TIME": libsoapy.HAS_TIME,
        "SOAPY_SDR_END_ABRUPT": libsoapy.END_ABRUPT,
        "SOAPY_SDR_TIMEOUT": libsoapy.TIMEOUT,
        "SOAPY_SDR_OVERFLOW": libsoapy.OVERFLOW,
    }
    assert {name: _number(defined[name]) for name in mine} == mine


def _number(text: str) -> int:
    left, _, shift = text.partition("<<")
    return int(left) << int(shift or 0)


def test_no_library_is_one_clear_error() -> None:
    def absent(_name: str) -> None:
        raise OSError("cannot open shared object file")

    with pytest.raises(MissingComponent, match="SoapySDR is not installed") as caught:
        load_soapy(absent)  # type: ignore[arg-type]
    assert "apt install" in caught.value.hint


def test_a_library_of_another_version_is_one_clear_error(
    soapy_module: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(libsoapy.SoapyLibrary, "abi", "0.7")
    with pytest.raises(MissingComponent, match=r"SoapySDR 0\.7 is not the 0\.8"):
        load_soapy(lambda name: ctypes.CDLL(name))

"""The table of receivers that SoapySDR reaches, and what is plugged in."""

from __future__ import annotations

from pathlib import Path

import pytest

from hw.pi.discover import discover
from hw.pi.nl80211 import Wireless
from hw.pi.soapy_table import by_driver, by_usb, known_receivers, plugged_in
from hw.pi.usb_ports import dongles

LIBRARIES = "usr/lib/aarch64-linux-gnu"


def test_the_table_names_each_driver_and_usb_number_once() -> None:
    known = known_receivers()
    numbers = [usb for each in known for usb in each.usb]
    assert len({each.driver for each in known}) == len(known)
    assert len({*numbers, *dongles()}) == len(numbers) + len(dongles())
    assert all(each.source and each.install_hint for each in known)
    assert by_driver("nothing") is None
    assert by_usb("0000:0000") is None


def _plug(root: Path, number: str) -> None:
    folder = root / "sys/bus/usb/devices/1-1"
    folder.mkdir(parents=True)
    vendor, _, product = number.partition(":")
    for name, text in (("idVendor", vendor), ("idProduct", product), ("serial", "abc")):
        (folder / name).write_text(f"{text}\n")


def _touch(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def _none() -> Wireless:
    raise AssertionError("no adapter is plugged in")


@pytest.mark.parametrize("known", [each for each in known_receivers() if each.usb], ids=lambda k: k.driver)
def test_a_receiver_is_named_with_what_it_needs_until_it_has_it(tmp_path: Path, known) -> None:  # type: ignore[no-untyped-def]
    _plug(tmp_path, known.usb[0])
    assert [each.driver for _, each in plugged_in(tmp_path)] == [known.driver]
    (found,) = discover(root=tmp_path, wireless=_none)
    assert (found.role, found.name, found.usable) == ("sdr", known.name, False)
    assert "apt install python3-soapysdr" in found.hint
    assert found.choose == f'hw.sdr.soapy = "driver={known.driver}"'
    _touch(tmp_path / LIBRARIES / "libSoapySDR.so.0.8")
    (found,) = discover(root=tmp_path, wireless=_none)
    assert known.install_hint in found.hint
    _touch(tmp_path / LIBRARIES / "SoapySDR/modules0.8" / known.module)
    (found,) = discover(root=tmp_path, wireless=_none)
    assert found.usable
    assert found.hint == ""

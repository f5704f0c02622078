"""The phone page opens only where it is asked for, and only at an address that was chosen."""

from __future__ import annotations

import socket
from types import SimpleNamespace

import psutil
import pytest

from firmware.cli.phone import cable_address, open_phone, sheet_of
from tests.firmware.handheld.browser.phone_run import Phone


def listening() -> set[int]:
    here = psutil.Process().net_connections(kind="tcp")
    return {c.laddr.port for c in here if c.status == psutil.CONN_LISTEN}


def test_no_port_is_open_unless_it_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    before = listening()
    with open_phone(wanted=False, address=None, port=0, lang="en") as broker:
        assert broker is None
        assert listening() == before
    with open_phone(wanted=True, address=None, port=0, lang="en") as broker:
        assert broker is not None
        (opened,) = listening() - before
        assert f"http://127.0.0.1:{opened}/" in capsys.readouterr().err
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.2", opened), timeout=5)
    assert listening() == before


def test_the_cable_is_taken_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def address(kind: socket.AddressFamily, text: str) -> SimpleNamespace:
        return SimpleNamespace(family=kind, address=text)

    there = {"wlan0": [address(socket.AF_INET, "192.168.0.2")], "usb0": [
        address(socket.AF_INET6, "fe80::1"), address(socket.AF_INET, "10.55.0.1")]}  # fmt: skip
    monkeypatch.setattr(psutil, "net_if_addrs", lambda: there)
    assert cable_address() == "10.55.0.1"
    del there["usb0"]
    assert cable_address() is None


def test_the_sheet_is_a_pdf_of_now() -> None:
    phone = Phone("result", "ko")
    phone.show()
    assert phone.broker.content is not None
    assert sheet_of(phone.broker.content).startswith(b"%PDF")

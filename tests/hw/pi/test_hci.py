"""A Bluetooth controller that speaks real HCI over a socket pair, under Scapy's own socket class."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from hw.clock import ManualClock
from hw.config import HwConfig
from hw.errors import DeviceBusy, DeviceDenied, DeviceLost, DeviceMissing, MissingComponent, Reason
from hw.kit import open_device
from hw.pi import hci
from hw.protocols import BleRadio

RESET, EVENT_MASK, LE_EVENT_MASK, FEATURES = 0x0C03, 0x0C01, 0x2001, 0x2003
ADDRESS = bytes.fromhex("665544332211")


def legacy_report(data: bytes = b"\x02\x01\x06", rssi: int = 0xC4) -> bytes:
    report = bytes((0, 1)) + ADDRESS + bytes((len(data),)) + data + bytes((rssi,))
    return event(0x3E, bytes((0x02, 1)) + report)


def extended_report(data: bytes = b"\x02\x01\x06") -> bytes:
    head = struct.pack("<HB", 0x0001, 1) + ADDRESS
    report = head + struct.pack("<BBBbbHB6sB", 1, 0, 0, 127, -70, 0, 0, bytes(6), len(data)) + data
    return event(0x3E, bytes((0x0D, 1)) + report)


def event(code: int, parameters: bytes) -> bytes:
    return bytes((4, code, len(parameters))) + parameters


class FakeController(threading.Thread):
    """Answers commands; ``mute`` and ``refuse`` name opcodes that get no answer or an error."""

    made: ClassVar[list[FakeController]] = []

    def __init__(self, *, extended: bool = True) -> None:
        super().__init__(daemon=True)
        self.extended = extended
        self.commands: list[tuple[int, bytes]] = []
        self.mute: set[int] = set()
        self.refuse: set[int] = set()
        self.ours, self.theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.made.append(self)
        self.start()

    def end(self) -> None:
        self.unplug()
        self.join(5)
        if self.theirs.fileno() >= 0:  # nobody opened it
            self.theirs.close()

    def run(self) -> None:
        with self.ours:
            while packet := self._next():
                kind, opcode, length = struct.unpack_from("<BHB", packet)
                assert (kind, length) == (1, len(packet) - 4)
                self.commands.append((opcode, packet[4:]))
                if opcode not in self.mute:
                    self._answer(opcode)

    def _next(self) -> bytes:
        try:
            return self.ours.recv(300)
        except OSError:
            return b""

    def _answer(self, opcode: int) -> None:
        status = 0x01 if opcode in self.refuse else 0x00
        extra = struct.pack("<Q", 1 << 12 if self.extended else 0) if opcode == FEATURES else b""
        self.say(legacy_report() if opcode == EVENT_MASK else event(0x13, b"\0"))  # noise in between
        self.say(event(0x0E, struct.pack("<BHB", 1, opcode, status) + extra))

    def say(self, packet: bytes) -> None:
        try:
            self.ours.send(packet)
        except OSError:
            return

    def unplug(self) -> None:
        with contextlib.suppress(OSError):  # hung up already
            self.ours.shutdown(socket.SHUT_RDWR)

    def scapy_socket(self) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Scapy's import says of its own dependencies
            from scapy.layers.bluetooth import BluetoothUserSocket
        sock = BluetoothUserSocket.__new__(BluetoothUserSocket)  # its __init__ needs a real controller
        sock.ins = sock.outs = self.theirs
        return sock


class Bench:
    """Controllers that are plugged in one after the other."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now: FakeController | None = FakeController()
        self.clock = ManualClock()
        monkeypatch.setattr(hci, "find_controller", self._find)
        monkeypatch.setattr(hci, "open_user_channel", self._open)
        monkeypatch.setattr(hci, "ANSWER_S", 0.2)

    def _find(self, wanted: int | None) -> int:
        if self.now is None:
            raise DeviceMissing("No Bluetooth controller is here", hint="Plug one in.")
        return wanted or 0

    def _open(self, number: int) -> Any:
        assert self.now is not None
        return self.now.scapy_socket()

    def open(self) -> hci.HciRadio:
        radio = open_device("ble", spec="auto", config=HwConfig(), clock=self.clock)
        assert isinstance(radio, hci.HciRadio)
        return radio


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    made = Bench(monkeypatch)
    yield made
    while FakeController.made:
        FakeController.made.pop().end()


def test_extended_scanning_is_passive_and_hears_both_kinds(bench: Bench) -> None:
    controller = bench.now
    assert controller is not None
    with bench.open() as radio:
        assert isinstance(radio, BleRadio)
        assert [c for c, _ in controller.commands] == [
            RESET,
            EVENT_MASK,
            LE_EVENT_MASK,
            FEATURES,
            0x2041,
            0x2042,
        ]
        sent = dict(controller.commands)
        assert sent[0x2041] == struct.pack("<BBBBHH", 0, 0, 1, 0, 0x60, 0x60)  # type 0: passive
        assert sent[0x2042] == bytes((1, 0, 0, 0, 0, 0))
        assert sent[EVENT_MASK][7] & 0x20  # LE meta events
        bench.clock.sleep_until(5)
        controller.say(extended_report(b"\x03\x03\xaa\xfe"))
        controller.say(legacy_report())
        batch = radio.read(duration_s=0.1)
        assert [(a.address, a.rssi_dbm, a.extended) for a in batch.adverts] == [
            ("11:22:33:44:55:66", -70, True),
            ("11:22:33:44:55:66", -60, False),
        ]
        assert batch.adverts[0].data == b"\x03\x03\xaa\xfe"
        assert batch.adverts[0].t_ns == 5
        assert radio.health().numbers["adverts"] == 2


def test_an_old_controller_scans_the_old_way_passively(bench: Bench) -> None:
    bench.now = FakeController(extended=False)
    with bench.open() as radio:
        sent = dict(bench.now.commands)
        assert sent[0x200B] == struct.pack("<BHHBB", 0, 0x60, 0x60, 0, 0)
        assert sent[0x200C] == bytes((1, 0))
        assert 0x2041 not in sent
        bench.now.say(legacy_report())
        assert len(radio.read(duration_s=0.1).adverts) == 1
        assert "legacy" in radio.info().detail


def test_a_controller_without_the_new_event_mask_is_fine(bench: Bench) -> None:
    assert bench.now is not None
    bench.now.refuse.add(LE_EVENT_MASK)
    bench.open().close()


@pytest.mark.parametrize(("fault", "reason"), [("mute", Reason.STALLED), ("refuse", Reason.GARBAGE)])
@pytest.mark.parametrize("opcode", [RESET, FEATURES, 0x2042])
def test_a_controller_that_does_not_start_says_so_and_heals(
    bench: Bench, fault: str, reason: Reason, opcode: int
) -> None:
    getattr(bench.now, fault).add(opcode)
    with pytest.raises(DeviceMissing) as caught:
        bench.open()
    assert caught.value.reason is reason
    assert caught.value.hint
    bench.now = FakeController()
    bench.open().close()


def test_unplugged_and_plugged_in_again(bench: Bench) -> None:
    controller = bench.now
    assert controller is not None
    with bench.open() as radio:
        controller.unplug()
        bench.now = None
        with pytest.raises(DeviceLost) as caught:
            radio.read(duration_s=1.0)
        assert caught.value.reason is Reason.UNPLUGGED
        with pytest.raises(DeviceLost):
            radio.reopen()
        health = radio.health()
        assert (health.ok, health.reason) == (False, Reason.UNPLUGGED)
        assert health.hint
        bench.now = FakeController()
        radio.reopen()
        bench.now.say(legacy_report())
        assert len(radio.read(duration_s=0.1).adverts) <= 1
        assert radio.health().ok


def test_a_hardware_error_is_a_loss(bench: Bench) -> None:
    with bench.open() as radio:
        assert bench.now is not None
        bench.now.say(event(0x10, b"\x42"))
        with pytest.raises(DeviceLost, match="hardware error"):
            radio.read(duration_s=1.0)
        bench.now = FakeController()


def test_a_dead_controller_is_not_a_quiet_room(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hci, "QUIET_S", 0.0)
    with bench.open() as radio:
        assert bench.now is not None
        radio.read(duration_s=0.01)  # quiet, but it answers when asked
        assert bench.now.commands[-1][0] == FEATURES
        bench.now.mute.add(FEATURES)
        with pytest.raises(DeviceLost) as caught:
            radio.read(duration_s=0.01)
        assert caught.value.reason is Reason.STALLED
        bench.now = FakeController()


def test_garbage_is_counted_and_shown_and_forgotten(bench: Bench) -> None:
    with bench.open() as radio:
        assert bench.now is not None
        for _ in range(30):
            bench.now.say(bytes((4, 0x3E, 200, 2, 1)))
        batch = radio.read(duration_s=0.1)
        assert (batch.adverts, batch.dropped["truncated_event"]) == ((), 30)
        assert radio.health().reason == Reason.GARBAGE
        for _ in range(30):
            bench.now.say(legacy_report())
        assert len(radio.read(duration_s=0.1).adverts) == 30
        assert radio.health().ok


def test_a_flood_is_bounded(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hci, "MOST_ADVERTS", 5)
    with bench.open() as radio:
        assert bench.now is not None
        for _ in range(9):
            bench.now.say(legacy_report())
        batch = radio.read(duration_s=0.1)
        assert (len(batch.adverts), batch.dropped["too_many"]) == (5, 4)


def test_the_first_controller_is_found_and_connections_are_not_controllers(tmp_path: Path) -> None:
    with pytest.raises(DeviceMissing, match="rfkill"):
        hci.find_controller(None, tmp_path)
    for name in ("hci0:64", "hci2", "hci1"):
        (tmp_path / "class/bluetooth" / name).mkdir(parents=True)
    assert hci.find_controller(None, tmp_path) == 1
    assert hci.find_controller(2, tmp_path) == 2
    with pytest.raises(DeviceMissing, match="hci1, hci2"):
        hci.find_controller(0, tmp_path)


@pytest.mark.parametrize(("admin", "error"), [(True, DeviceBusy), (False, DeviceDenied)])
def test_busy_and_denied_are_told_apart(
    monkeypatch: pytest.MonkeyPatch, admin: bool, error: type[Exception]
) -> None:
    monkeypatch.setattr(socket, "AF_BLUETOOTH", 31, raising=False)
    monkeypatch.setattr(socket, "BTPROTO_HCI", 1, raising=False)
    monkeypatch.setattr(hci, "may_administer", lambda: admin)
    with pytest.raises(error) as caught:  # there is no hci15 here, so Scapy's bind or socket fails
        hci.open_user_channel(15)
    assert getattr(caught.value, "hint", "")


def test_a_python_without_bluetooth_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(socket, "AF_BLUETOOTH", raising=False)
    with pytest.raises(MissingComponent, match="built without Bluetooth"):
        hci.open_user_channel(0)


@pytest.mark.parametrize(("mask", "may"), [("0000000000001000", True), ("00000000000003ff", False)])
def test_rights_are_read_from_the_kernel(tmp_path: Path, mask: str, may: bool) -> None:
    status = tmp_path / "status"
    status.write_text(f"Name:\tx\nCapEff:\t{mask}\n")
    assert hci.may_administer(status) is may

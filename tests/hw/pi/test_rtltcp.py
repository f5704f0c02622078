"""The rtl_tcp client against a stand-in server, and against Debian's own rtl_tcp where that is installed."""

from __future__ import annotations

import shutil
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw.clock import ManualClock
from hw.config import HwConfig, SdrConfig
from hw.errors import DeviceLost, DeviceMissing, Reason
from hw.kit import open_device
from hw.pi import rtltcp
from hw.pi.receiver import Receiver
from hw.pi.rtltcp import Tail, parse_address

HEADER = struct.pack(">4sII", b"RTL0", 5, 29)


class Server:
    """One client at a time: sends a header, then (frequency in MHz, counter) pairs."""

    def __init__(self, header: bytes = HEADER) -> None:
        self.header = header
        self.commands: list[tuple[int, int]] = []
        self.silent = False
        self._done = False
        self._mhz = 0
        self._peer: socket.socket | None = None
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            self._peer = peer
            listener = threading.Thread(target=self._listen, args=(peer,), daemon=True)
            listener.start()
            self._talk(peer)
            listener.join()

    def _talk(self, peer: socket.socket) -> None:
        counter = 0
        try:
            peer.sendall(self.header)
            while not self._done:
                pairs = np.empty((4096, 2), np.uint8)
                pairs[:, 0] = self._mhz & 0xFF
                pairs[:, 1] = np.arange(counter, counter + 4096) & 0xFF
                counter += 4096
                if not self.silent:
                    peer.sendall(pairs.tobytes()[:-1])  # an odd cut: I and Q must stay in step
                    peer.sendall(pairs.tobytes()[-1:])
                time.sleep(0.001)
        except OSError:
            return

    def _listen(self, peer: socket.socket) -> None:
        with peer, peer.makefile("rb") as stream:
            try:
                while command := stream.read(5):
                    number, argument = struct.unpack(">BI", command)
                    self.commands.append((number, argument))
                    if number == 1:
                        self._mhz = argument // 1_000_000
            except (OSError, struct.error):
                return

    def hang_up(self) -> None:
        assert self._peer is not None
        self._peer.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._done = True
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rtltcp, "SILENCE_S", 0.5)
    monkeypatch.setattr(rtltcp, "CONNECT_S", 0.5)


def open_sdr(address: str, clock: ManualClock, **settings: object) -> Receiver:
    config = HwConfig(sdr=SdrConfig.model_validate({"rtl_tcp": address} | settings))
    receiver = open_device("sdr", spec="auto", config=config, clock=clock)
    assert isinstance(receiver, Receiver)
    return receiver


def _read_on(sdr: Receiver) -> None:
    for _ in range(1000):
        sdr.read(count=4096)


def first_bytes(samples: np.ndarray) -> set[int]:
    return set(np.round(samples.real * 127.5 + 127.5).astype(int))


def test_tunes_and_reads_nothing_stale(server: Server) -> None:
    with open_sdr(server.address, ManualClock(), gain_db=30.0, ppm=-3) as sdr:
        assert "R820T" in sdr.info().name
        for mhz in (433, 868, 100):
            sdr.tune(center_hz=mhz * 1e6)
            block = sdr.read(count=3000)
            assert first_bytes(block.samples) == {mhz & 0xFF}
            assert block.gain_db == 29.7
            assert len(block.samples) == 3000
            steps = np.diff(np.round(block.samples.imag * 127.5 + 127.5)) % 256
            assert np.array_equal(steps, np.ones(2999))
    assert {(8, 0), (9, 0), (10, 0), (14, 0)} <= set(server.commands)  # what the client before left on
    assert (2, 2_400_000) in server.commands
    assert (5, (1 << 32) - 3) in server.commands
    assert (3, 1) in server.commands
    assert (4, 297) in server.commands
    assert (1, 868_000_000) in server.commands


def test_a_server_that_hangs_up_is_found_again(server: Server) -> None:
    clock = ManualClock()
    with open_sdr(server.address, clock) as sdr:
        sdr.tune(center_hz=915e6)
        sdr.read(count=512)
        server.hang_up()
        with pytest.raises(DeviceLost) as caught:
            _read_on(sdr)
        assert caught.value.reason is Reason.UNPLUGGED
        assert sdr.health().hint
        sdr.reopen()
        assert first_bytes(sdr.read(count=512).samples) == {915 & 0xFF}
        assert sdr.health().ok


def test_a_server_that_sends_nothing_is_stalled(server: Server) -> None:
    with open_sdr(server.address, ManualClock()) as sdr:
        sdr.read(count=512)
        server.silent = True
        with pytest.raises(DeviceLost) as caught:
            _read_on(sdr)
        assert caught.value.reason is Reason.STALLED


@pytest.mark.parametrize(
    ("header", "reason"), [(b"HTTP/1.1 400", Reason.GARBAGE), (b"RTL0", Reason.BUSY), (b"", Reason.BUSY)]
)
def test_what_is_no_rtl_tcp_is_said(header: bytes, reason: Reason) -> None:
    server = Server(header)
    server.silent = True
    try:
        with pytest.raises(DeviceMissing) as caught:
            open_sdr(server.address, ManualClock())
        assert caught.value.reason is reason
        assert caught.value.hint
    finally:
        server.close()


def test_nobody_there_is_missing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(DeviceMissing, match="No rtl_tcp server") as caught:
        open_sdr(f"127.0.0.1:{port}", ManualClock())
    assert "rtl_tcp -a" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "parsed"),
    [("pi.local:99", ("pi.local", 99)), ("10.0.0.5", ("10.0.0.5", 1234)), ("[::1]:7", ("::1", 7))],
)
def test_addresses(text: str, parsed: tuple[str, int]) -> None:
    assert parse_address(text) == parsed


@pytest.mark.parametrize("text", ["", ":1", "host:", "host:x", "host:0", "host:70000", "host:²"])
def test_wrong_addresses(text: str) -> None:
    with pytest.raises(DeviceMissing, match="host:port"):
        parse_address(text)


@given(st.lists(st.one_of(st.binary(max_size=40), st.just("restart"), st.integers(1, 20)), max_size=30))
def test_the_tail_never_swaps_i_and_q(moves: list[bytes | str | int]) -> None:
    tail = Tail(limit_bytes=32)
    sent = 0
    for move in moves:
        if isinstance(move, bytes):
            tail.add(bytes((sent + i) % 2 for i in range(len(move))))
            sent += len(move)
        elif isinstance(move, str):
            tail.restart(6)
        else:
            try:
                got = tail.take(2 * move, 0.0)
            except DeviceLost:
                continue
            assert got == bytes((0, 1)) * move
        assert len(tail._bytes) <= 33


def test_debians_rtl_tcp_over_the_stand_in_library(
    faults: Callable[..., None], debian_library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = shutil.which("rtl_tcp")
    if program is None:
        pytest.skip("rtl_tcp is not installed (Debian package rtl-sdr)")
    monkeypatch.setenv("LD_LIBRARY_PATH", str(debian_library))
    monkeypatch.setattr(rtltcp, "SILENCE_S", 3.0)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    command = [program, "-a", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            with _patiently(f"127.0.0.1:{port}") as sdr:
                for mhz in (433, 868):
                    sdr.tune(center_hz=mhz * 1e6)
                    assert first_bytes(sdr.read(count=4096).samples) == {mhz & 0xFF}
                assert sdr.health().ok
        finally:
            server.kill()  # on a mere SIGTERM it waits for one more client


def _patiently(address: str) -> Receiver:
    for _ in range(50):
        try:
            return open_sdr(address, ManualClock())
        except DeviceMissing:
            time.sleep(0.1)
    return open_sdr(address, ManualClock())

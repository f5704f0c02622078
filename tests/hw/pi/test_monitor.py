"""Capture from a real kernel interface of link type 803: bytes, times, lengths, losses, and faults."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw.clock import SystemClock
from hw.config import HwConfig, MonitorConfig
from hw.errors import DeviceDenied, DeviceLost, DeviceMissing, Reason
from hw.kit import open_device
from hw.pi import adapter, af_packet
from hw.pi.af_packet import columns, walk_block
from hw.pi.monitor import PiMonitor
from hw.protocols import MonitorRadio
from hw.types import Dot11Batch
from tests.hw.pi.tap import ETHERNET, Tap, in_namespace, needs_root

NAME = "mon0"
RADIOTAP = bytes.fromhex("00000800 00000000")
BEACON = bytes.fromhex("80000000 ffffffffffff 022233445566 022233445566 1000") + bytes(12)


def frame(number: int, length: int = 120) -> bytes:
    body = RADIOTAP + BEACON + number.to_bytes(4, "big")
    return body + bytes(length - len(body))


def open_monitor(snap_length: int = 400) -> PiMonitor:
    config = HwConfig(monitor=MonitorConfig(interface=NAME, snap_length=snap_length))
    device = open_device("monitor", spec="auto", config=config, clock=SystemClock())
    assert isinstance(device, PiMonitor)
    return device


def frames_of(batch: Dot11Batch) -> list[bytes]:
    return [
        bytes(batch.buffer[s : s + n])
        for s, n in zip(batch.starts.tolist(), batch.lengths.tolist(), strict=True)
    ]


def read_frames(radio: PiMonitor, wanted: int) -> list[bytes]:
    found: list[bytes] = []
    for _ in range(100):
        found += frames_of(radio.read(duration_s=0.02))
        if len(found) >= wanted:
            break
    return found


@needs_root
@pytest.mark.root
def test_frames_come_back_with_bytes_lengths_and_times() -> None:
    def body() -> None:
        tap = Tap(NAME)
        with open_monitor(snap_length=96) as radio:
            assert isinstance(radio, MonitorRadio)
            before = radio.read(duration_s=0.0)
            for i in range(10):
                tap.hear(frame(i, 60 + 20 * i))
            batch = radio.read(duration_s=0.05)
            assert frames_of(batch) == [frame(i, 60 + 20 * i)[:96] for i in range(10)]
            assert batch.wire_lengths.tolist() == [60 + 20 * i for i in range(10)]
            assert batch.link_type == 127
            assert batch.channel_hz is None
            assert (batch.lost, batch.dropped) == (0, {})
            assert np.all(batch.times_ns >= before.until_ns)
            assert np.all(batch.times_ns <= batch.until_ns)
            assert np.all(np.diff(batch.times_ns) >= 0)
            assert radio.health().numbers["frames"] == 10
        tap.close()

    in_namespace(body)


@needs_root
@pytest.mark.root
def test_silence_is_an_empty_batch() -> None:
    def body() -> None:
        tap = Tap(NAME)
        with open_monitor() as radio:
            batch = radio.read(duration_s=0.01)
            assert len(batch.starts) == 0
            assert batch.until_ns > batch.t_ns
            assert radio.channels_hz() == ()
            radio.set_channel(center_hz=2437e6)  # nothing can tune it: it stays, and says so
            assert radio.read(duration_s=0.0).channel_hz is None
        tap.close()

    in_namespace(body)


@needs_root
@pytest.mark.root
@pytest.mark.slow
def test_20000_frames_a_second_and_none_unaccounted_for() -> None:
    per_second, seconds = 20_000, 3

    def body() -> None:
        tap = Tap(NAME)
        with open_monitor() as radio:
            writer = threading.Thread(target=_flood, args=(tap, per_second, seconds))
            writer.start()
            heard, lost, numbers = 0, 0, []
            while writer.is_alive():
                batch = radio.read(duration_s=0.1)
                heard, lost = heard + len(batch.starts), lost + batch.lost
                numbers.append(_numbers(batch))
            batch = radio.read(duration_s=0.1)
            numbers.append(_numbers(batch))
            assert heard + len(batch.starts) + lost + batch.lost == per_second * seconds
            seen = np.concatenate(numbers)
            assert np.all(np.diff(seen) > 0)  # in order, none twice
            assert lost == 0  # the ring holds seconds of this
        tap.close()

    in_namespace(body)


def _flood(tap: Tap, per_second: int, seconds: int) -> None:
    start, batch = time.monotonic(), per_second // 100
    for i in range(per_second * seconds):
        tap.hear(frame(i, 300))
        if i % batch == 0:
            time.sleep(max(0.0, start + i / per_second - time.monotonic()))


def _numbers(batch: Dot11Batch) -> np.ndarray:
    at = batch.starts[:, None] + len(RADIOTAP + BEACON) + np.arange(4)
    octets = np.frombuffer(batch.buffer, np.uint8)[at] if len(at) else np.zeros((0, 4), np.uint8)
    return octets.astype(np.int64) @ np.array([1 << 24, 1 << 16, 1 << 8, 1])


@needs_root
@pytest.mark.root
def test_what_a_full_ring_cannot_take_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(af_packet, "BLOCKS", 4)

    def body() -> None:
        tap = Tap(NAME)
        with open_monitor() as radio:
            for i in range(4000):
                tap.hear(frame(i, 300))
            batch = radio.read(duration_s=0.0)
            assert batch.lost > 0
            assert len(batch.starts) + batch.lost == 4000
            assert radio.health().numbers["lost"] == batch.lost
            for i in range(100):
                tap.hear(frame(i))
            assert len(read_frames(radio, 100)) == 100  # and it goes on
        tap.close()

    in_namespace(body)


@needs_root
@pytest.mark.root
def test_an_interface_switched_off_is_lost_and_found() -> None:
    def body() -> None:
        tap = Tap(NAME)
        with open_monitor() as radio:
            adapter.set_up_or_down(NAME, up=False)
            with pytest.raises(DeviceLost) as caught:
                radio.read(duration_s=1.0)
            assert caught.value.reason is Reason.UNPLUGGED
            assert not radio.health().ok
            assert radio.health().hint
            radio.reopen()
            tap.hear(frame(7))
            assert read_frames(radio, 1) == [frame(7)]
            assert radio.health().ok
        tap.close()

    in_namespace(body)


@needs_root
@pytest.mark.root
def test_an_adapter_unplugged_is_lost_and_found() -> None:
    def body() -> None:
        tap = Tap(NAME)
        with open_monitor() as radio:
            tap.close()
            with pytest.raises(DeviceLost):
                radio.read(duration_s=1.0)
            with pytest.raises(DeviceLost) as caught:  # still away
                radio.reopen()
            assert caught.value.hint
            tap = Tap(NAME)
            radio.reopen()
            tap.hear(frame(9))
            assert read_frames(radio, 1) == [frame(9)]
            assert radio.health().numbers["losses"] == 1
        tap.close()

    in_namespace(body)


@needs_root
@pytest.mark.root
def test_an_interface_that_is_no_monitor_or_not_there_is_refused() -> None:
    def body() -> None:
        with pytest.raises(DeviceMissing):
            open_monitor()
        tap = Tap(NAME, ETHERNET)
        with pytest.raises(DeviceMissing) as caught:
            open_monitor()
        assert caught.value.hint
        tap.close()

    in_namespace(body)


def test_without_rights_it_is_denied(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("hw.pi.af_packet.socket.socket", refuse)
    with pytest.raises(DeviceDenied) as caught:
        af_packet.PacketRing("lo", snap_length=100)
    assert "CAP_NET_RAW" in caught.value.hint


@given(st.binary(max_size=400))
def test_no_block_whatever_its_bytes_reads_outside_itself(block: bytes) -> None:
    for start, kept, _, _ in walk_block(block):
        assert 0 <= start <= start + kept <= len(block)


@given(st.lists(st.binary(min_size=1, max_size=60), max_size=8), st.integers(1, 3))
def test_blocks_of_frames_give_these_frames(frames: list[bytes], copies: int) -> None:
    block = _block(frames)
    found = columns([block] * copies)
    pieces = [
        found.buffer[s : s + n] for s, n in zip(found.starts.tolist(), found.lengths.tolist(), strict=True)
    ]
    assert pieces == frames * copies
    assert found.times_ns.tolist() == [i * 1_000_000_001 for i in range(len(frames))] * copies


def _block(frames: list[bytes]) -> bytes:
    first, mac = af_packet.BLOCK_HEADER.size, af_packet.PACKET_HEADER.size + 4
    packets = b""
    for i, payload in enumerate(frames):
        step = mac + len(payload) if i + 1 < len(frames) else 0
        packets += af_packet.PACKET_HEADER.pack(step, i, i, len(payload), len(payload) + 5, 1, mac, mac)
        packets += bytes(4) + payload
    size = first + len(packets)
    return af_packet.BLOCK_HEADER.pack(1, 0, 1, len(frames), first, size, 0, 0, 0, 0, 0) + packets

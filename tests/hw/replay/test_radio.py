"""Recorded radios of captures that were made elsewhere: windows of time, silence, mixed contents."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hw.clock import ManualClock
from hw.errors import DeviceLost
from hw.formats import capture
from hw.types import Dot11Batch
from tests.hw import capture_files as made
from tests.hw.capture_files import Record
from tests.hw.formats.test_btsnoop_hci import ACCESS, PRINTED, aux, event, report
from tests.hw.replay.test_session import open_role, read_out

T0 = 1_700_000_000_000_000_000
SHARED = Path(__file__).parents[3].parent / "shared" / "data"


def frames_of(batch: Dot11Batch) -> list[bytes]:
    buffer = bytes(batch.buffer)
    return [buffer[s : s + n] for s, n in zip(batch.starts.tolist(), batch.lengths.tolist(), strict=True)]


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps_ms=st.lists(st.integers(0, 4000), min_size=1, max_size=40),
    links=st.lists(st.sampled_from([127, 127, 105, 251]), min_size=40, max_size=40),
)
def test_every_frame_comes_once_and_in_its_window(
    tmp_path: Path, steps_ms: list[int], links: list[int]
) -> None:
    stamps = (T0 + np.cumsum(steps_ms) * 1_000_000).tolist()
    records = [
        Record(n.to_bytes(2, "big") * 9, t, link=link)
        for n, (t, link) in enumerate(zip(stamps, links, strict=False))
    ]
    path = tmp_path / "a.pcapng"
    path.write_bytes(made.pcapng(records))
    wanted = [r for r in records if r.link != 251]
    if not wanted:
        return
    batches = read_out(path, "monitor")
    assert [f for b in batches for f in frames_of(b)] == [r.data for r in wanted]
    assert [int(t) for b in batches for t in b.times_ns] == [r.stamp_ns - stamps[0] for r in wanted]
    before = 0
    for batch in batches:
        assert batch.t_ns == before
        assert all(batch.t_ns <= t <= batch.until_ns for t in batch.times_ns.tolist())
        assert batch.link_type in {127, 105}
        assert batch.channel_hz is None
        before = batch.until_ns
    assert sum(b.dropped.get("other_link_type", 0) for b in batches) <= len(records) - len(wanted)


def test_a_sparse_day_is_soon_over(tmp_path: Path) -> None:
    path = tmp_path / "day.pcap"
    path.write_bytes(made.pcap([Record(bytes(30), T0 + hour * 3600 * 10**9) for hour in range(20)]))
    batches = read_out(path, "monitor")
    assert len(batches) == 20
    assert batches[-1].until_ns >= 19 * 3600 * 10**9


def test_a_capture_larger_than_a_chunk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capture, "CHUNK_BYTES", 2000)
    records = [Record(bytes([n % 256]) * 50, T0 + n * 1_000_000) for n in range(500)]
    (tmp_path / "a.pcap").write_bytes(made.pcap(records))
    batches = read_out(tmp_path / "a.pcap", "monitor")
    assert [f for b in batches for f in frames_of(b)] == [r.data for r in records]
    assert all(len(b.buffer) <= 4000 for b in batches)


def test_the_clock_follows_the_recording(tmp_path: Path) -> None:
    (tmp_path / "a.pcap").write_bytes(made.pcap([Record(bytes(30), T0), Record(bytes(30), T0 + 10**9)]))
    clock = ManualClock()
    device = open_role(tmp_path / "a.pcap", "monitor", clock)
    assert device.channels_hz() == ()
    device.set_channel(center_hz=2412e6)
    assert device.read(duration_s=0.25).until_ns == clock.now_ns() == 250_000_000
    assert device.read(duration_s=0.25).until_ns == clock.now_ns() == 1_250_000_000
    device.close()
    with pytest.raises(DeviceLost):
        device.read(duration_s=0.25)


def test_unreadable_records_are_told_once(tmp_path: Path) -> None:
    content = made.pcap([Record(bytes(30), T0 + n * 10**9) for n in range(3)])
    (tmp_path / "a.pcap").write_bytes(content[:-5])
    with open_role(tmp_path / "a.pcap", "monitor") as device:
        first, second = device.read(duration_s=0.5), device.read(duration_s=0.5)
        assert len(first.starts) == len(second.starts) == 1
        assert device.health().ok
    assert [dict(b.dropped) for b in read_out(tmp_path / "a.pcap", "monitor")] == [
        {"truncated_record": 1},
        {},
    ]


def test_adverts_come_with_their_times(tmp_path: Path) -> None:
    records = [Record(event(2, report()), T0 + n * 400_000_000) for n in range(4)]
    (tmp_path / "a.log").write_bytes(made.btsnoop(records))
    batches = read_out(tmp_path / "a.log", "ble")
    assert [a.t_ns for b in batches for a in b.adverts] == [n * 400_000_000 for n in range(4)]
    assert {a.address for b in batches for a in b.adverts} == {PRINTED}
    assert all(b.t_ns <= a.t_ns < b.until_ns for b in batches for a in b.adverts)


def test_adverts_without_their_last_piece_are_given_at_the_end(tmp_path: Path) -> None:
    records = [Record(aux(b"first", more=True), T0, link=251), Record(ACCESS + bytes(9), T0 + 1, link=251)]
    (tmp_path / "a.pcap").write_bytes(made.pcap(records, link=251))
    batches = read_out(tmp_path / "a.pcap", "ble")
    assert [a.data for b in batches for a in b.adverts] == [b"first"]
    assert sum(b.dropped.get("fragments_missing", 0) for b in batches) == 1


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "role", "count"),
    [
        ("wifi/aircrack_test1.pcap", "monitor", 192),
        ("wifi/wireshark_wpa-test-decode.pcap", "monitor", 4274),
        ("ble/csacca_btsnoop_first12pct.log", "ble", 140),
    ],
)
def test_real_recordings_lose_nothing(name: str, role: str, count: int) -> None:
    if not (SHARED / name).is_file():
        pytest.skip("the shared recordings are not here")
    batches = read_out(SHARED / name, role)
    assert sum(len(b.starts if role == "monitor" else b.adverts) for b in batches) == count

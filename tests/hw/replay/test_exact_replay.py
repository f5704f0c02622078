"""Blocks, frames, adverts and pictures replay exactly as they were recorded, faults included."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from hw.errors import DeviceLost, Reason
from hw.formats.iq import to_complex
from hw.types import BleAdvert, BleBatch, Dot11Batch, Frame, IqBlock
from tests.hw.planted_devices import flat
from tests.hw.replay.recordings import record, replay

LOOSE = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
times = st.integers(0, 10**12)
reasons = st.dictionaries(st.text(max_size=8), st.integers(0, 9), max_size=2)
faults = st.builds(
    lambda what, reason: DeviceLost(what, hint="Plug it in", reason=reason),
    st.text(st.characters(codec="utf-8"), max_size=9),
    st.sampled_from(Reason),
)


def iq_blocks() -> st.SearchStrategy[IqBlock]:
    def build(
        raw: bytes, name: str, t_ns: int, rate_hz: float, gain_db: float | None, share: float
    ) -> IqBlock:
        samples = to_complex(raw, name)
        return IqBlock(
            t_ns=t_ns,
            center_hz=1e6 * len(raw) + 0.25,
            rate_hz=rate_hz,
            gain_db=gain_db,
            samples=samples,
            clipped_share=share,
            sample_format=name,
        )

    names = st.sampled_from(["cu8", "ci8", "ci16_le"])
    rates = st.sampled_from([1.6e6, 2.4e6])
    gains = st.none() | st.floats(-10, 50)
    return st.builds(build, st.binary(min_size=4, max_size=60), names, times, rates, gains, st.floats(0, 1))


@st.composite
def dot11_batches(draw: st.DrawFn) -> Dot11Batch:
    frames = draw(st.lists(st.binary(max_size=30), max_size=5))
    lengths = np.array([len(f) for f in frames], dtype=np.int64)
    starts = np.cumsum(lengths, dtype=np.int64) - lengths + 3
    t_ns = draw(times)
    count = len(frames)
    return Dot11Batch(
        t_ns=t_ns,
        until_ns=t_ns + draw(st.integers(0, 10**9)),
        channel_hz=draw(st.none() | st.sampled_from([2412e6, 5180e6])),
        link_type=draw(st.sampled_from([127, 105])),
        buffer=b"pad" + b"".join(frames) + b"tail",
        starts=starts,
        lengths=lengths,
        wire_lengths=lengths + draw(st.integers(0, 50)),
        times_ns=np.array(draw(st.lists(times, min_size=count, max_size=count)), dtype=np.int64),
        lost=draw(st.integers(0, 5)),
        dropped=draw(reasons),
    )


adverts = st.builds(
    BleAdvert,
    t_ns=times,
    address=st.binary(min_size=6, max_size=6).map(lambda b: b.hex(":")) | st.just("not an address"),
    address_type=st.sampled_from(["public", "random", "unknown"]),
    rssi_dbm=st.none() | st.integers(-140, 140),
    data=st.binary(max_size=40) | st.binary(min_size=230, max_size=300) | st.just(bytes(2000)),
    scan_response=st.booleans(),
    connectable=st.none() | st.booleans(),
    extended=st.booleans(),
    channel=st.none() | st.integers(0, 39),
)


@st.composite
def ble_batches(draw: st.DrawFn) -> BleBatch:
    t_ns = draw(times)
    heard = tuple(draw(st.lists(adverts, max_size=4)))
    return BleBatch(t_ns=t_ns, until_ns=t_ns + draw(times), adverts=heard, dropped=draw(reasons))


frames_st = st.builds(
    Frame,
    seq=st.integers(0, 10**6),
    t_ns=times,
    exposure_us=st.none() | st.integers(50, 10**5),
    led=st.none() | st.sampled_from(["off", "ring", "side", "red"]),
    pixels=arrays.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9))),
)


def with_faults(items: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(items | items | faults, max_size=8)


@LOOSE
@given(items=with_faults(iq_blocks()))
def test_blocks_replay_exactly(tmp_path: Path, items: list[Any]) -> None:
    check(tmp_path / "s", "sdr", items)


@LOOSE
@given(items=with_faults(dot11_batches()))
def test_frames_replay_exactly(tmp_path: Path, items: list[Any]) -> None:
    check(tmp_path / "s", "monitor", items)


@LOOSE
@given(items=with_faults(ble_batches()))
def test_adverts_replay_exactly(tmp_path: Path, items: list[Any]) -> None:
    check(tmp_path / "s", "ble", items)


@LOOSE
@given(items=with_faults(frames_st))
def test_pictures_replay_exactly(tmp_path: Path, items: list[Any]) -> None:
    check(tmp_path / "s", "camera", items)


def check(folder: Path, role: str, items: list[Any]) -> None:
    if not any(not isinstance(item, Exception) for item in items):
        return
    recorded, _ = record(folder, role, items)
    assert [flat(i) for i in items] == [value for value, _ in recorded]
    assert replay(folder, role) == recorded


def test_samples_that_lie_about_their_format_are_kept_exactly(tmp_path: Path) -> None:
    odd = np.array([0.1 + 0.2j, 3 - 4j], dtype=np.complex64)
    block = IqBlock(t_ns=0, center_hz=1e9, rate_hz=1e6, gain_db=None, samples=odd, clipped_share=0.5)
    record(tmp_path / "s", "sdr", [block])
    ((value, _),) = replay(tmp_path / "s", "sdr")
    assert value["samples"] == flat(block)["samples"]
    assert value["sample_format"] == "cf32_le"

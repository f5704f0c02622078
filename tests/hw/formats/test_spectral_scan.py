"""FFT records of Wi-Fi chips: every layout comes back, and no damage goes further than the record it hits."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hw.formats.spectral_scan import LONGEST, SpectralReader, is_spectral_scan, record_size
from hw.types import SpectralSample
from tests.hw.formats import spectral_writer as write

FOLDER = Path(__file__).parents[4] / "shared" / "data" / "spectral"
Writer = Callable[..., bytes]
SHAPES: tuple[tuple[str, Writer, int, dict[str, object], float, float], ...] = (
    ("ath9k-ht20", write.ht20, 56, {"mhz": 2412}, 2412e6, 19.25e6),
    ("ath9k-ht20", write.ht20_of_old_kernels, 56, {"mhz": 2437}, 2437e6, 19.25e6),
    ("ath9k-ht20", write.ht20_of_old_kernels, 56, {"mhz": 2437, "kind": 1}, 2437e6, 19.25e6),
    ("ath9k-ht40", write.ht40, 128, {"mhz": 2412, "plus": True}, 2422e6, 44e6),
    ("ath9k-ht40", write.ht40, 128, {"mhz": 2462, "plus": False}, 2452e6, 44e6),
    ("ath10k", write.ath10k, 64, {"mhz": 5640}, 5640e6, 22e6),
    ("ath10k", write.ath10k, 256, {"mhz": 5690, "width_mhz": 88}, 5690e6, 88e6),
    ("ath11k", write.ath11k, 512, {"mhz": 5690}, 5690e6, 80e6),
    ("ath11k", write.ath11k, 128, {"mhz": 2437, "width_mhz": 20, "primary": True}, 2437e6, 20e6),
)


def read(data: bytes, *, piece: int = 1 << 20) -> tuple[list[SpectralSample], SpectralReader]:
    reader, found = SpectralReader(), []
    for at in range(0, len(data), piece):
        found += reader.feed(data[at : at + piece])
    return found + list(reader.finish()), reader


def line(bins: int, at: int, *, rest: float = 4.0, top: float = 900.0) -> np.ndarray:
    magnitudes = np.full(bins, rest)
    magnitudes[at] = top
    return magnitudes


@pytest.mark.parametrize(("layout", "writer", "bins", "how", "center_hz", "width_hz"), SHAPES)
def test_every_layout_comes_back(
    layout: str, writer: Writer, bins: int, how: dict[str, object], center_hz: float, width_hz: float
) -> None:
    data = b"".join(writer(line(bins, 7), tsf_us=1000 + 500 * i, **how) for i in range(3))
    samples, reader = read(data)
    assert not reader.dropped
    assert [s.t_ns for s in samples] == [0, 500_000, 1_000_000]
    for sample in samples:
        assert (sample.layout, sample.center_hz, sample.width_hz) == (layout, center_hz, width_hz)
        assert len(sample.bins_dbm) == bins
        assert int(np.argmax(sample.bins_dbm)) == 7
        assert sample.low_hz + 7.5 * sample.step_hz == pytest.approx(
            center_hz + (7.5 - bins / 2) * width_hz / bins
        )


def test_powers_add_up_to_the_received_power() -> None:
    magnitudes = np.arange(1.0, 57.0)
    (sample,), _ = read(write.ht20(magnitudes, mhz=2412, tsf_us=5, rssi=38, noise=-92))
    powers = 10 ** (sample.bins_dbm.astype(float) / 10)
    assert 10 * np.log10(powers.sum()) == pytest.approx(-92 + 38, abs=0.01)
    assert powers[55] / powers[27] == pytest.approx((56 / 28) ** 2, rel=1e-3)


def test_the_exponent_shifts_magnitudes_left() -> None:
    (small,), _ = read(write.ht20(line(56, 3, rest=8, top=200), mhz=2412, tsf_us=1))
    (large,), _ = read(write.ht20(line(56, 3, rest=64, top=1600), mhz=2412, tsf_us=1))
    np.testing.assert_allclose(small.bins_dbm, large.bins_dbm, atol=0.01)


def test_halves_of_40_mhz_have_levels_of_their_own() -> None:
    flat = np.full(128, 50.0)
    (sample,), _ = read(write.ht40(flat, mhz=2432, tsf_us=1, rssi=(10, 40), noise=(-64, -95)))
    assert sample.bins_dbm[0] == pytest.approx(-54 - 10 * np.log10(64), abs=0.01)
    assert sample.bins_dbm[127] == pytest.approx(-55 - 10 * np.log10(64), abs=0.01)
    assert (sample.noise_dbm, sample.rssi_db) == (-64, 40)


def test_the_clock_of_ath11k_wraps_and_a_reset_chip_goes_on() -> None:
    flat = np.full(64, 20.0)
    wraps = [2**32 - 400, 100, 600]
    samples, reader = read(b"".join(write.ath11k(flat, mhz=5500, tsf_us=t) for t in wraps))
    assert [s.t_ns for s in samples] == [0, 500_000, 1_000_000]
    assert reader.clock_steps == 0
    resets = [90_000, 90_500, 12, 512]
    samples, reader = read(b"".join(write.ht20(flat[:56], mhz=2412, tsf_us=t) for t in resets))
    assert [s.t_ns for s in samples] == [0, 500_000, 500_000, 1_000_000]
    assert reader.clock_steps == 1
    assert not reader.dropped


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (write.ht20(np.full(56, 9.0), mhz=900, tsf_us=1), "bad_frequency"),
        (write.ht20(np.full(56, 9.0), mhz=2412, tsf_us=1, noise=5), "bad_level"),
        (write.ht20(np.zeros(56), mhz=2412, tsf_us=1), "no_energy"),
        (write.ath10k(np.full(64, 9.0), mhz=5500, tsf_us=1, width_mhz=0), "bad_header"),
        (b"\x01\x00\x49\x1f" + write.ht20(np.full(56, 9.0), mhz=2412, tsf_us=1)[4:], "bad_header"),
        (b"\x02\x00\x98\x07" + write.ht40(np.full(128, 9.0), mhz=2412, tsf_us=1)[4:], "bad_channel"),
    ],
)
def test_a_record_that_cannot_be_true_is_counted_and_the_next_is_read(record: bytes, reason: str) -> None:
    good = write.ht20(line(56, 7), mhz=2412, tsf_us=2)
    samples, reader = read(good + record + good)
    assert len(samples) == 2
    assert reader.dropped == {reason: 1}


def test_after_damage_the_reader_finds_the_next_record() -> None:
    good = [write.ht20(line(56, 7), mhz=2412, tsf_us=1500 * i) for i in range(20)]
    cut = good[5][:40]
    samples, reader = read(b"".join([*good[:5], cut, b"\xffrubbish\x01\x00\x49", *good[6:]]))
    assert len(samples) >= 18
    assert reader.dropped
    samples, reader = read(b"".join(good) + good[0][:30])
    assert len(samples) == 20
    assert reader.dropped == {"cut_off": 1}
    samples, reader = read(good[0] + b"\x07\x00\x05hello" + good[1] + good[2])
    assert len(samples) == 3
    assert reader.dropped == {"unknown_type": 1}


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_mutated_dumps_never_raise_and_lose_only_what_was_hit(data: st.DataObject) -> None:
    writers = [write.ht20, write.ht20_of_old_kernels]
    whole = b"".join(
        data.draw(st.sampled_from(writers))(line(56, i % 56), mhz=2412 + 5 * (i % 11), tsf_us=1500 * i)
        for i in range(30)
    ) + b"".join(write.ath10k(line(128, i), mhz=5640, tsf_us=10**6 + 200 * i) for i in range(10))
    broken = bytearray(whole)
    for _ in range(data.draw(st.integers(0, 6))):
        at = data.draw(st.integers(0, len(broken) - 1))
        what = data.draw(st.sampled_from(["flip", "cut", "insert"]))
        if what == "flip":
            broken[at] ^= data.draw(st.integers(1, 255))
        elif what == "cut":
            del broken[at : at + data.draw(st.integers(1, 200))]
        else:
            broken[at:at] = data.draw(st.binary(min_size=1, max_size=200))
    samples, reader = read(bytes(broken))
    again, other = read(bytes(broken), piece=data.draw(st.integers(1, 999)))
    # Six faults may each take the record they hit and the one after it, a cut of 200 bytes three more.
    assert len(samples) >= 40 - 6 * 5
    assert len(again) == len(samples)
    assert other.dropped == reader.dropped
    for sample in samples:
        assert np.isfinite(sample.bins_dbm).all()
        assert 2.3e9 <= sample.center_hz <= 7.2e9
    assert all(a.t_ns <= b.t_ns for a, b in itertools.pairwise(samples))


@given(st.binary(max_size=3000))
@settings(max_examples=60, deadline=None)
def test_rubbish_is_read_to_its_end(data: bytes) -> None:
    _, reader = read(data)
    assert reader.bytes_skipped <= len(data)
    is_spectral_scan(data)


def test_endless_rubbish_is_not_hoarded() -> None:
    reader = SpectralReader()
    for _ in range(40):
        assert reader.feed(b"\xaa" * 65536) == ()
    assert len(reader._buffer) <= LONGEST


def test_a_file_is_known_by_its_content() -> None:
    good = [write.ht20(line(56, 7), mhz=2412, tsf_us=1500 * i) for i in range(20)]
    assert is_spectral_scan(b"".join(good)[:512])
    assert is_spectral_scan(good[0][30:] + b"".join(good))
    assert not is_spectral_scan(b"")
    assert not is_spectral_scan(np.arange(4000, dtype=np.uint8).tobytes())
    assert not is_spectral_scan(bytes(4096))
    assert record_size(good[0]) == 76
    assert record_size(b"\x09\x00\x49") == 0


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("ar9223_analog_camera_ch1", 291),
        ("ar9390_analog_camera_ch1", 256),
        ("ar9550_20mhz_analog_camera_ch1", 798),
        ("ath10k_20mhz", 128),
        ("ath10k_80mhz", 16),
    ],
)
def test_real_dumps_are_read_without_loss(name: str, count: int) -> None:
    path = FOLDER / f"{name}.dump"
    if not path.is_file():
        pytest.skip(f"{path.name} is kept outside the project and is not here")
    samples, reader = read(path.read_bytes())
    assert len(samples) == count
    assert not reader.dropped
    assert is_spectral_scan(path.read_bytes()[:512])


@pytest.mark.shared
def test_a_real_damaged_dump_is_read_to_its_end() -> None:
    path = FOLDER / "crash_1.dump"
    if not path.is_file():
        pytest.skip(f"{path.name} is kept outside the project and is not here")
    samples, reader = read(path.read_bytes())
    assert not samples
    assert reader.dropped == {"bad_length": 1}

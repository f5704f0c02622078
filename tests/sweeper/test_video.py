"""The line-rate test: television in, everything else out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scipy.fft

from hw.sim.rf_loop import slice_loop
from hw.sim.sdr import quantise
from hw.sim.waveforms_other import supply
from sweeper.ofdm import find_ofdm
from sweeper.slices import quick_length
from sweeper.spectrum import measure_spectrum
from sweeper.video import CONTRAST_LEAST_DB, STRONG_DB, VideoTest, find_video
from tests.benchmarks.rf_second_source import supply_slice
from tests.sweeper.air import MAKERS, RATE_HZ, heard

OTHERS = (None, *sorted(name for name in MAKERS if not name.endswith(("-fm", "-vsb"))))


def listen(name: str | None, **how: float | int) -> VideoTest:
    return find_video(heard(name, **how), rate_hz=RATE_HZ)  # type: ignore[arg-type]


@pytest.mark.parametrize("offset_hz", [-5e6, -3e6, -1e6, 0.4e6, 2e6, 4e6])
@pytest.mark.parametrize("name", ["pal-fm", "ntsc-fm"])
def test_fm_video_is_found_at_any_offset(name: str, offset_hz: float) -> None:
    found = listen(name, snr_db=-5, offset_hz=offset_hz)
    assert found.is_video
    assert found.standard == name[:-3]
    assert found.score > 0.9


@pytest.mark.parametrize("name", ["pal-vsb", "ntsc-vsb"])
def test_am_video_is_found(name: str) -> None:
    found = listen(name, snr_db=5, offset_hz=0.2e6)
    assert found.is_video
    assert found.standard == name[:-4]


def test_the_cameras_crystal_is_measured() -> None:
    found = listen("pal-fm", snr_db=5)
    assert found.line_hz == pytest.approx(15_625 * (1 - 40e-6), abs=0.1)


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("snr_db", [-10, 5, 25])
def test_nothing_else_is_video(name: str | None, snr_db: float) -> None:
    found = listen(name, snr_db=snr_db)
    assert not found.is_video
    assert found.score < 0.5


def test_a_short_look_gives_the_comb_but_no_verdict() -> None:
    found = listen("pal-fm", snr_db=10, seconds=0.025)
    assert found.is_comb
    assert found.side is None or not found.is_video
    assert not found.is_video


def test_clipped_video_is_still_video() -> None:
    x = heard("pal-fm", snr_db=20) * np.float32(200)
    clipped = (np.clip(x.real, -1, 1) + 1j * np.clip(x.imag, -1, 1)).astype(np.complex64)
    assert find_video(clipped, rate_hz=RATE_HZ).is_video


@pytest.mark.parametrize(
    ("switching_hz", "seed"), [(15_626.3, 30), (15_625 * (1 + 33.9e-6), 50), (15_734.27 * (1 - 94e-6), 11)]
)
def test_pulses_of_a_supply_at_the_line_rate_that_overload_the_receiver(
    switching_hz: float, seed: int
) -> None:
    """What is clipped and sampled mirrors the pulses' lines onto those of fields."""
    rng = np.random.default_rng(seed)
    loop = supply(rng, switching_hz=switching_hz, style="ringing", duty=0.4865, ripple_depth=0.215)
    x = np.resize(slice_loop(loop, offset_hz=-0.33e6, rate_hz=RATE_HZ), 480_000)
    x = x * np.float32(0.3 / np.sqrt(np.mean(np.abs(x) ** 2))) + heard(None) / 2  # 30 dB
    found = find_video(quantise(x.astype(np.complex64))[0], rate_hz=RATE_HZ)
    assert found.is_comb
    assert not found.is_video


def test_strong_lines_without_a_vertical_blanking_are_no_video() -> None:
    found = listen("pal-fm", snr_db=20, offset_hz=1e6)
    assert found.is_video
    assert found.fields is not None
    strong = replace(found, comb_db=STRONG_DB + 1)
    assert strong.is_video
    assert not replace(strong, fields=replace(found.fields, log10_p=0.0)).is_video
    weak = replace(found, comb_db=STRONG_DB - 1, peaked=2.0, fields=replace(found.fields, log10_p=0.0))
    assert weak.is_video, "weak lines may be seen where the blanking is hidden in noise"
    for peaked in (1.0, 11.0):
        assert not replace(weak, peaked=peaked).is_video, "no noise hides it"


@pytest.mark.parametrize("seed", [86, 98, 186])
def test_a_supply_that_pulls_a_carrier_at_the_line_rate_is_no_video(seed: int) -> None:
    """The mains puts fields onto its lines; both are weak, though the supply is strong."""
    rng = np.random.default_rng([3, seed])
    hz = rng.choice([15_625.0, 4.5e6 / 286]) * (1 + rng.uniform(-1e-4, 1e-4))
    snr_db = rng.uniform(0, 30)
    x = supply_slice(rng, switching_hz=hz, rate_hz=RATE_HZ, seconds=0.2, snr_db=snr_db, way=2)
    found = find_video(x, rate_hz=RATE_HZ)
    assert found.is_candidate, "lines and sides it has"
    assert not found.is_video


def test_at_a_rate_of_its_own_what_repeats_within_the_field_is_no_video() -> None:
    found = listen("pal-fm", snr_db=20, offset_hz=1e6)
    assert found.fields is not None
    doubled = replace(found, fields=replace(found.fields, twin=0.98))
    assert doubled.is_video, "no frame of 10 ms falls onto a standard's line rate"
    assert not replace(doubled, line_hz=16_000.0).is_video
    assert replace(found, line_hz=16_000.0).is_video


def test_at_a_rate_of_its_own_what_has_as_much_between_its_lines_is_no_video() -> None:
    found = listen("pal-fm", snr_db=20, offset_hz=1e6)
    dull = replace(found, contrast_db=CONTRAST_LEAST_DB - 1)
    assert dull.is_video, "a standard's rate needs no more than its sides"
    assert not replace(dull, line_hz=16_000.0).is_video


def test_a_standards_line_rate_with_anothers_fields_is_a_rate_of_its_own() -> None:
    found = listen("pal-fm", snr_db=5)
    assert found.is_nominal
    other = replace(found, half_lines=525)
    assert not other.is_nominal
    assert other.is_video, "its blanking was found"
    assert not replace(other, fields=None).is_video


def test_a_look_is_cut_to_what_transforms_quickly() -> None:
    for count in (7003, 70_321, 302_411, 480_000):
        cut = quick_length(count)
        assert count * 0.96 < cut <= count
        assert all(scipy.fft.next_fast_len(cut // part) == cut // part for part in (2, 8))


@pytest.mark.parametrize(
    ("name", "family", "symbol"),
    [("cofdm", "cofdm", "2k 8 MHz"), ("dvb-t", "cofdm", "8k 8 MHz"), ("dab", "dab", ""), ("lte", "lte", "")],
)
def test_multicarrier_families_are_told_apart(name: str, family: str, symbol: str) -> None:
    x = heard(name, snr_db=10, offset_hz=0.0)
    found = find_ofdm(x, measure_spectrum(x, center_hz=5e8, rate_hz=RATE_HZ))
    assert found.is_ofdm
    assert found.family == family
    assert found.symbol is not None
    assert found.symbol.name.startswith(symbol)


@pytest.mark.parametrize("name", ["pal-fm", "atsc", "gsm", "dect", "fm", "adsb", "ook", "carrier", None])
def test_single_carriers_are_not_multicarrier(name: str | None) -> None:
    x = heard(name, snr_db=15)
    assert not find_ofdm(x, measure_spectrum(x, center_hz=5e8, rate_hz=RATE_HZ)).is_ofdm

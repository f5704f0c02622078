"""COFDM inside the television band: a broadcast fills a channel of the region's plan, a link need not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw.clock import ManualClock
from hw.config import HwConfig
from hw.sim.sdr import open_sdr
from sweeper.bands import load_bands
from sweeper.config import Region, SweeperConfig
from sweeper.sweeper import Sweeper
from sweeper.tv_raster import MAX_CHANNELS, REACH_HZ, Rasters, find_extent, fits
from sweeper.views import CELLS, HopLevels

SCENE = """
id = "television"
title_en = "x"
title_ko = "x"
expect = ["nothing_found"]
duration_s = 30.0
[room]
width_m = 2.0
height_m = 2.4
depth_m = 1.2
[[path]]
t_s = 0.0
position_m = [1.0, 1.2, 0.6]
"""
THING = """
[[things]]
id = "thing-{number}"
position_m = [1.0, 1.2, 3.6]
rf = {{ waveform = "{waveform}", center_hz = {hz}, bandwidth_hz = {width}, power_dbm = {dbm} }}
"""
BROADCAST_8 = {
    r: next(s for s in load_bands().service if s.raster_hz and r in s.regions) for r in ("eu", "kr")
}


def hop(center_hz: float, power: np.ndarray, *, t_s: float = 0.0) -> HopLevels:
    db = np.asarray(10 * np.log10(power), np.float32)
    return HopLevels(
        t_ns=round(t_s * 1e9),
        center_hz=center_hz,
        width_hz=2e6,
        mean_db=db,
        peak_db=db,
        floor_db=0.0,
        clipped=False,
    )


def signal(center_hz: float, low_hz: float, high_hz: float, snr_db: float) -> HopLevels:
    cells = center_hz - 1e6 + (np.arange(CELLS) + 0.5) * 2e6 / CELLS
    rng = np.random.default_rng(round(center_hz))
    inside = (cells > low_hz) & (cells < high_hz)
    return hop(center_hz, (1 + inside * 10 ** (snr_db / 10)) * rng.gamma(100, 0.01, CELLS))


@given(
    center=st.floats(480e6, 680e6),
    width=st.floats(3e6, 8.5e6),
    snr_db=st.floats(14, 45),
    start=st.floats(-0.4, 0.4),
)
def test_the_edges_are_found_wherever_they_are(
    center: float, width: float, snr_db: float, start: float
) -> None:
    low, high = center - width / 2, center + width / 2
    first = center + start * width
    hops = [signal(first + k * 2e6, low, high, snr_db) for k in range(-7, 8)]
    extent = find_extent(hops, hops[7])
    assert extent.low_hz == pytest.approx(low, abs=0.1e6)
    assert extent.high_hz == pytest.approx(high, abs=0.1e6)
    assert not extent.ask_hz


@given(gap=st.floats(0.3e6, 2e6), snr_db=st.floats(14, 45))
def test_what_was_not_heard_is_asked_for(gap: float, snr_db: float) -> None:
    hops = [signal(560e6 + k * (2e6 + gap), 550e6, 570e6, snr_db) for k in range(-1, 2)]
    extent = find_extent(hops, hops[1])
    assert extent.low_hz is None
    assert extent.high_hz is None
    assert [round(hz) for hz in extent.ask_hz] == pytest.approx([559e6 - 0.9e6, 561e6 + 0.9e6], abs=0.1e6)
    assert all(abs(hz - 560e6) < REACH_HZ for hz in extent.ask_hz)


def test_old_levels_and_two_channels_side_by_side_are_not_one() -> None:
    here = signal(562e6, 558.2e6, 565.8e6, 30)
    neighbours = [signal(562e6 + k * 2e6, 558.2e6, 565.8e6, 30) for k in (-3, -2, -1, 1, 2, 3)]
    old = [hop(h.center_hz, 10 ** (h.mean_db / 10), t_s=10.0) for h in neighbours]
    assert find_extent(old, here).high_hz is None
    both = [
        hop(562e6 + k * 2e6, 10 ** (np.maximum(a.mean_db, b.mean_db) / 10))
        for k in range(-4, 9)
        for a, b in [
            (signal(562e6 + k * 2e6, lo, hi, 30) for lo, hi in ((558.2e6, 565.8e6), (566.2e6, 573.8e6)))
        ]
    ]
    assert find_extent(both, both[4]).high_hz == pytest.approx(565.8e6, abs=0.1e6)


@given(
    echo=st.floats(0.0, 0.5),
    delay_s=st.floats(0.05e-6, 1.5e-6),
    turn=st.floats(0, 6.3),
    snr_db=st.floats(20, 45),
)
def test_the_notches_of_an_echo_are_no_edges(echo: float, delay_s: float, turn: float, snr_db: float) -> None:
    hops = []
    for k in range(-4, 5):
        flat = signal(562e6 + k * 2e6, 558.2e6, 565.8e6, snr_db)
        answer = np.abs(1 + echo * np.exp(1j * (2 * np.pi * flat.frequency_hz * delay_s + turn))) ** 2
        power = 10 ** (flat.mean_db.astype(float) / 10)
        hops.append(hop(flat.center_hz, np.where(power > 10, power * answer, power)))
    extent = find_extent(hops, hops[4])
    assert extent.low_hz is not None
    assert extent.high_hz is not None
    assert fits(extent.low_hz, extent.high_hz, BROADCAST_8["eu"])


@pytest.mark.parametrize(
    ("region", "center_hz", "width_hz", "is_channel"),
    [
        ("eu", 562e6, 7.61e6, True),
        ("eu", 562.166e6, 7.61e6, True),
        ("eu", 566e6, 7.61e6, False),
        ("eu", 562e6, 5.7e6, False),
        ("kr", 563e6, 5.4e6, True),
        ("kr", 563e6, 7.61e6, False),
        ("kr", 560e6, 5.4e6, False),
        ("kr", 563e6, 1.9e6, False),
    ],
)
def test_a_channel_has_its_place_and_width(
    region: str, center_hz: float, width_hz: float, is_channel: bool
) -> None:
    service = BROADCAST_8[region]
    assert fits(center_hz - width_hz / 2, center_hz + width_hz / 2, service) is is_channel


def test_it_is_bounded() -> None:
    rasters = Rasters()
    for i in range(2 * MAX_CHANNELS):
        center = 400e6 + i * 20e6
        hops = [signal(center + k * 2e6, center - 3.8e6, center + 3.8e6, 30) for k in range(-3, 4)]
        rasters.judge(hops, hops[3], BROADCAST_8["eu"])
    assert len(rasters) == MAX_CHANNELS


def sweep(folder: Path, region: Region, *things: tuple[str, float, float, float]) -> Sweeper:
    text = SCENE
    for number, (waveform, hz, width, dbm) in enumerate(things):
        text += THING.format(number=number, waveform=waveform, hz=hz, width=width, dbm=dbm)
    scene = folder / "television.toml"
    scene.write_text(text)
    clock = ManualClock()
    gapped = tuple((hz - 1e6, hz + 1e6) for hz in np.arange(542e6, 584e6, 4e6))  # as the camera plan has it
    config = SweeperConfig(region=region, ranges_hz=gapped)
    sweeper = Sweeper(
        sdr=open_sdr(target=str(scene), config=HwConfig(), clock=clock), clock=clock, config=config
    )
    while clock.now_ns() < 1.6e9:
        sweeper.step()
    return sweeper


@pytest.mark.parametrize(
    ("region", "hz", "width"),
    [("eu", 566e6, 8e6), ("eu", 562e6, 6e6), ("kr", 566.5e6, 6e6)],
)
def test_a_link_off_the_raster_is_found_among_the_broadcasts(
    tmp_path: Path, region: Region, hz: float, width: float
) -> None:
    found = sweep(tmp_path, region, ("cofdm", hz, width, -25.0)).observations()
    links = [e for e in found if e.kind == "cofdm"]
    assert len(links) == 1
    assert links[0].scores["camera"] > 0.7
    assert links[0].center_hz == pytest.approx(hz, abs=0.2e6)
    assert links[0].bandwidth_hz == pytest.approx(width * 0.95, rel=0.05)


@pytest.mark.parametrize(
    ("region", "hz", "width", "waveform"),
    [("eu", 562e6, 8e6, "dvb-t"), ("kr", 563e6, 6e6, "cofdm")],
)
def test_what_fills_a_channel_is_broadcast_and_the_doubt_is_said(
    tmp_path: Path, region: Region, hz: float, width: float, waveform: str
) -> None:
    sweeper = sweep(tmp_path, region, (waveform, hz, width, -25.0))
    assert max(e.scores["camera"] for e in sweeper.observations()) < 0.2
    assert "rf_tv_ambiguous" in sweeper.coverage().reasons


def test_neighbouring_channels_are_no_link(tmp_path: Path) -> None:
    channels = (("dvb-t", 562e6, 8e6, -25.0), ("dvb-t", 570e6, 8e6, -33.0))
    sweeper = sweep(tmp_path, "eu", *channels)
    assert max(e.scores["camera"] for e in sweeper.observations()) < 0.2


@pytest.mark.parametrize(("region", "hz"), [("kr", 563e6), ("eu", 564.4e6)])
def test_atsc_is_one_channel_named_by_its_waveform_in_any_region(
    tmp_path: Path, region: Region, hz: float
) -> None:
    sweeper = sweep(tmp_path, region, ("atsc", hz, 6e6, -25.0))
    wide = [e for e in sweeper.observations() if e.bandwidth_hz > 0.5e6]
    assert [e.service for e in wide] == ["ATSC television"]
    assert wide[0].center_hz == pytest.approx(hz, abs=0.1e6)
    assert wide[0].bandwidth_hz == pytest.approx(6e6, abs=0.1e6)
    assert wide[0].scores["camera"] < 0.1
    assert "rf_tv_ambiguous" not in sweeper.coverage().reasons

"""Every table of the sweep has an end, whatever comes in and for how long."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from sweeper.config import SweeperConfig
from sweeper.detect import MAX_DETECTIONS, MAX_FLOORS, Detection, FloorMap, detect
from sweeper.identify import Identification
from sweeper.model import EmissionKind
from sweeper.picture import FieldAnchor, SlicePicture
from sweeper.picture_store import MAX_SENDERS, MAX_SLICES, PictureStore
from sweeper.plan import MAX_BESIDE, MAX_GIVEN, MAX_WAITING, Planner
from sweeper.spectrum import BINS, Spectrum
from sweeper.sweeper import MAX_HEARD, Sweeper
from sweeper.track import MAX_LEVELS, EmissionTrack, Tracks
from sweeper.track import MAX_SLICES as MAX_VIDEO_SLICES
from sweeper.vertical_blanking import FieldTest
from sweeper.video import VideoTest, nothing_heard
from sweeper.views import MAX_HOPS, SweepMemory
from tests.sweeper.test_services import One


def spectrum(center_hz: float) -> Spectrum:
    flat = np.ones(BINS, np.float32)
    return Spectrum(
        center_hz=center_hz,
        rate_hz=2.4e6,
        mean=flat,
        strongest=flat,
        duty=flat,
        fine=np.ones(8192, np.float32),
        autocorrelation=np.zeros(8192, np.complex64),
        rows=7,
    )


def stretch(center_hz: float, width_hz: float = 2e6) -> Detection:
    return Detection(
        low_hz=center_hz - width_hz / 2,
        high_hz=center_hz + width_hz / 2,
        center_hz=center_hz,
        bandwidth_hz=width_hz,
        width_10db_hz=width_hz,
        snr_db=10.0,
        level_dbfs=-30.0,
        duty=1.0,
    )


def verdict(kind: EmissionKind) -> Identification:
    return Identification(kind=kind, scores={"camera": 0.5}, measures={"level_db": -50.0})


def test_the_floors_and_the_levels_of_hops() -> None:
    floors, memory = FloorMap(), SweepMemory(waterfall_rows=16)
    for i in range(MAX_HOPS + 500):
        one = spectrum(1e8 + i * 1e3)
        floors.update(one, 1.0 + i % 7, gain_db=float(i % 3))
        memory.add(one, t_ns=i, gain_db=0.0, floor=1.0, clipped=False)
    assert sum(len(v) for v in floors._by_gain.values()) == len(floors._floors) == MAX_FLOORS
    assert len(memory.hops()) == MAX_HOPS
    assert len(memory.waterfall().t_ns) == 16


def test_the_floors_quantile_is_numpys() -> None:
    rng = np.random.default_rng(0)
    floors, kept = FloorMap(), {}
    for _ in range(200):
        one = spectrum(1e8 + float(rng.integers(40)) * 1e6)
        kept[one.center_hz] = float(rng.exponential())
        floors.update(one, kept[one.center_hz] * one.bin_hz, gain_db=1.0)
    own = floors.own_floor(spectrum(1e8), gain_db=1.0)
    assert own == pytest.approx(np.quantile(list(kept.values()), 0.2) * spectrum(1e8).bin_hz)
    assert floors.own_floor(spectrum(1e8), gain_db=2.0) is None


def test_the_detections_of_one_look() -> None:
    one = spectrum(1e8)
    comb = np.where(np.arange(BINS) % 7 == 0, 100.0, 1.0).astype(np.float32)
    found = detect(
        Spectrum(**{n: getattr(one, n) for n in one.__slots__} | {"mean": comb, "strongest": comb}), pfa=1e-7
    )
    assert len(found[1]) == MAX_DETECTIONS


def test_what_is_kept_of_one_track() -> None:
    tracks = Tracks(limit=16)
    for i in range(3 * MAX_VIDEO_SLICES):
        track = tracks.add_video(
            stretch(5e8 + i * 1e6), verdict("analog-video-pal"), slice_hz=5e8 + i * 1e6, t_ns=i
        )
        track.note_level(5e8 + i * 1e6, -50.0)
        track.note_order(5e8 + i * 1e6, 1.0)
    (track,) = tracks.all()
    assert len(track.slices) == MAX_VIDEO_SLICES
    assert len(track.levels) == len(track.orders) == MAX_LEVELS
    assert isinstance(track, EmissionTrack)


def test_the_longer_looks_of_a_recording_without_rounds() -> None:
    planner = Planner((5e8,), config=SweeperConfig())
    for i in range(2 * MAX_GIVEN):
        planner.look_closer(1e8 + i)
        planner.look_beside(1e8 + i)
    assert len(planner._given) == MAX_GIVEN
    assert len(planner._waiting) == MAX_WAITING
    assert len(planner._beside) <= MAX_BESIDE


def test_the_hops_of_the_coverage() -> None:
    sdr = One(np.zeros(0, np.complex64), 1e8)
    sweeper = Sweeper(sdr=sdr, clock=sys, config=SweeperConfig())  # type: ignore[arg-type]
    for i in range(MAX_HEARD + 100):
        block = sdr.read(count=0)
        sweeper._note(
            type(block)(**{n: getattr(block, n) for n in block.__slots__} | {"center_hz": 1e8 + i}),
            spectrum(0),
            nothing_heard(),
        )
    assert len(sweeper._heard) == MAX_HEARD


def test_the_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    store = PictureStore()
    video = VideoTest(
        standard="pal", line_hz=15_625.0, comb=99.0, comb_db=20.0, side=99.0,
        fields=FieldTest(chi2=900.0, twin=0.01, log10_p=-99.0, start=0), score=1.0,
    )  # fmt: skip

    def lay_out(_samples: object, *, center_hz: float, **_: object) -> SlicePicture:
        anchor = FieldAnchor(t_s=0.0, line_t_s=0.0, line_hz=15_625.0, strength=900.0)
        rows = np.random.default_rng(0).random((64, 154), np.float32)
        return SlicePicture(center_hz=center_hz, standard="pal", power=rows, repeat=0.9, anchor=anchor)

    monkeypatch.setattr("sweeper.picture_store.slice_picture", lay_out)
    for sender in range(3 * MAX_SENDERS):
        for i in range(2 * MAX_SLICES):
            nothing = np.zeros(0, np.complex64)
            store.add(sender, nothing, rate_hz=2.4e6, center_hz=1e9 + i * 1e6, t_s=0.0, video=video)
    assert len(store.pictures()) == len(store._anchors) == MAX_SENDERS
    assert {p.slices for p in store.pictures().values()} == {MAX_SLICES}

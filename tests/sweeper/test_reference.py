"""Place difference, self-noise and plots: what is local is raised, what is known is masked, all bounded."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw.clock import ManualClock
from hw.config import HwConfig
from hw.sim.facets import RfFacet
from hw.sim.scene import Pose, Scene, Thing
from hw.sim.sdr import SimSdr
from sweeper.config import SweeperConfig
from sweeper.errors import BadProfile
from sweeper.reference import compare
from sweeper.selfnoise import NoiseProfile, TerminatedSweep, dump_profile, learn, load_profile
from sweeper.sweeper import Sweeper
from sweeper.views import CELLS

RANGE = ((430e6, 440e6),)


def sweep(
    *things: Thing, config: SweeperConfig | None = None, hops: int = 5, gain_db: float = 20.0
) -> Sweeper:
    room = Scene(
        id="t",
        title_en="t",
        title_ko="t",
        expect=("check",),
        path=(Pose(t_s=0, position_m=(0, 1, 0)),),
        things=things,
    )
    clock = ManualClock()
    config = config or SweeperConfig(ranges_hz=RANGE, gain_db=gain_db, revisits=0)
    sweeper = Sweeper(sdr=SimSdr(room, config=HwConfig(), clock=clock), clock=clock, config=config)
    for _ in range(hops):
        sweeper.step()
    return sweeper


def carrier(*, distance_m: float, power_dbm: float = -25.0, center_hz: float = 433.4e6) -> Thing:
    facet = RfFacet(waveform="carrier", center_hz=center_hz, power_dbm=power_dbm)
    return Thing(id=f"c{center_hz:.0f}", position_m=(0, 1, distance_m), rf=facet)


MAST = Thing(
    id="mast",
    position_m=(0, 1, 2),
    rf=RfFacet(waveform="tetra", center_hz=437.2e6, power_dbm=45.0, far_away=True),
)


def test_what_is_near_rises_and_the_broadcast_does_not() -> None:
    corridor = sweep(MAST, carrier(distance_m=8.0))
    cubicle = sweep(MAST, carrier(distance_m=0.5), gain_db=12.0)
    found = compare(corridor.levels(), cubicle.levels())
    assert found.complete
    assert found.compared == 5
    assert len(found.local) == 1
    (rise,) = found.local
    assert rise.low_hz <= 433.4e6 <= rise.high_hz
    assert rise.rise_db > 12
    assert not compare(corridor.levels(), corridor.levels()).local


def test_a_reference_with_holes_says_so() -> None:
    cubicle = sweep(carrier(distance_m=0.5))
    reference = [h for h in sweep().levels() if h.center_hz != 433e6]
    found = compare(reference, cubicle.levels())
    assert found.missing_hz == (433e6,)
    assert not found.complete
    loud = sweep(carrier(distance_m=0.5, power_dbm=25.0))
    assert 433e6 in compare(sweep().levels(), loud.levels()).clipped_hz


@given(st.recursive(st.none() | st.floats() | st.text(max_size=5), lambda c: st.lists(c, max_size=3)))
def test_any_json_is_a_profile_or_an_error(value: object) -> None:
    text = json.dumps({"format": "ansim-rf-reference-1", "hops": [value]})
    with pytest.raises(BadProfile):
        load_profile(text)


def test_own_lines_are_learned_and_masked(tmp_path: Path) -> None:
    own = carrier(distance_m=1.0, center_hz=435.3e6)
    runs = [TerminatedSweep(state="screen", emissions=tuple(sweep(own).observations())) for _ in range(2)]
    profile = learn(runs, on=dt.date(2026, 5, 1), temperature_c=24.5)
    assert load_profile(dump_profile(profile)) == profile
    assert (profile.learned_on, profile.temperature_c) == (dt.date(2026, 5, 1), 24.5)
    assert profile.lines[0].states == ("screen",)
    path = tmp_path / "profile.json"
    path.write_text(dump_profile(profile), encoding="utf-8")
    config = SweeperConfig(ranges_hz=RANGE, gain_db=20.0, revisits=0, self_noise=str(path))
    masked = sweep(own, carrier(distance_m=1.0), config=config).observations()
    kinds = {round(e.center_hz / 1e5): e.kind for e in masked}
    assert kinds[4353] == "self-noise"
    assert kinds[4334] != "self-noise"


def test_a_much_stronger_line_is_not_masked() -> None:
    own = carrier(distance_m=2.0, center_hz=435.3e6)
    run = TerminatedSweep(state="on", emissions=tuple(sweep(own).observations()))
    profile = learn([run], on=dt.date(2026, 5, 1), temperature_c=None)
    line = profile.lines[0]
    assert profile.masks(line.low_hz, line.high_hz, line.level_db + 5)
    assert not profile.masks(line.low_hz, line.high_hz, line.level_db + 12)
    assert not profile.masks(line.low_hz + 1e6, line.high_hz + 1e6, line.level_db)


def test_profiles_that_cannot_be_used_are_errors(tmp_path: Path) -> None:
    with pytest.raises(BadProfile):
        learn([], on=dt.date(2026, 5, 1), temperature_c=None)
    config = SweeperConfig(self_noise=str(tmp_path / "missing.json"))
    with pytest.raises(BadProfile):
        sweep(config=config, hops=0)
    assert NoiseProfile(learned_on=dt.date(2026, 5, 1), temperature_c=None, lines=()).lines == ()


def test_views_are_stitched_and_bounded() -> None:
    config = SweeperConfig(ranges_hz=RANGE, revisits=0, waterfall_rows=16)
    sweeper = sweep(carrier(distance_m=1.0), config=config, hops=24)
    view = sweeper.spectrum_view()
    assert len(view.frequency_hz) == len(view.mean_db) == len(view.floor_db) == 5 * CELLS
    assert np.all(np.diff(view.frequency_hz) > 0)
    assert view.frequency_hz[np.argmax(view.peak_db)] == pytest.approx(433.4e6, abs=40e3)
    rows = sweeper.waterfall_view()
    assert rows.level_db.shape == (16, CELLS)
    assert np.all(np.diff(rows.t_ns) > 0)
    nothing = sweep(hops=0)
    assert len(nothing.spectrum_view().frequency_hz) == 0
    assert nothing.waterfall_view().level_db.shape == (0, CELLS)


def test_nearness_is_told() -> None:
    facet = RfFacet(waveform="carrier", center_hz=451.4e6, power_dbm=-25.0)
    walk = Scene(
        id="t",
        title_en="t",
        title_ko="t",
        expect=("check",),
        path=(Pose(t_s=0, position_m=(0, 1, -6)), Pose(t_s=1.0, position_m=(0, 1, 1.5))),
        things=(Thing(id="x", position_m=(0, 1, 2), rf=facet),),
    )
    clock = ManualClock()
    config = SweeperConfig(ranges_hz=((450e6, 452e6),), gain_db=20.0, revisits=0)
    sweeper = Sweeper(sdr=SimSdr(walk, config=HwConfig(), clock=clock), clock=clock, config=config)
    while clock.now_ns() < 1_000_000_000:
        sweeper.step()
    (emission,) = sweeper.observations()
    assert emission.measures["level_span_db"] > 15
    assert emission.kind == "narrowband-local"

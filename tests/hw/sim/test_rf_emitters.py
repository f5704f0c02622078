"""Every emitter of a scene has its waveform."""

from __future__ import annotations

import numpy as np
import pytest

from hw.sim.facets import RfFacet
from hw.sim.rf_emitters import MAKERS, emitter_loop


@pytest.mark.parametrize("waveform", sorted(MAKERS))
def test_every_facet_has_a_waveform_of_power_one(waveform: str) -> None:
    facet = RfFacet.model_validate({"waveform": waveform, "center_hz": 500e6})
    loop = emitter_loop(facet, seed=1, name="x")
    power = float(np.vdot(loop.spectrum, loop.spectrum).real) / len(loop.spectrum) ** 2
    assert power == pytest.approx(1.0, rel=1e-3)
    assert emitter_loop(facet, seed=1, name="x") is loop


@pytest.mark.parametrize("switching_hz", [15_625.0, 40e3])
def test_a_supply_switches_as_its_facet_says(switching_hz: float) -> None:
    facet = RfFacet(waveform="switching-supply", center_hz=5e8, switching_hz=switching_hz)
    loop = emitter_loop(facet, seed=1, name=f"supply-{switching_hz:.0f}")
    power = np.abs(np.fft.ifft(loop.spectrum)) ** 2
    lines = np.abs(np.fft.rfft(power - power.mean()))
    hz = np.arange(len(lines)) / loop.period_s
    near = hz > 1e3  # above the mains
    assert hz[near][np.argmax(lines[near])] == pytest.approx(switching_hz, rel=1e-3)

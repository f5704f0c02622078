"""Each simulated light follows its command after a latency; a row sees its share of the exposure."""

from __future__ import annotations

import numpy as np
import pytest

from hw.clock import ManualClock
from hw.sim.lights import LED_LATENCY_S, LIT, SimLeds


def test_a_row_sees_the_part_of_its_exposure_in_which_the_light_was_on() -> None:
    clock = ManualClock()
    leds = SimLeds(clock=clock)
    leds.set("ring")
    exposure_s = 0.004
    starts_s = LED_LATENCY_S + exposure_s * np.array([-1.0, -0.5, 0.0, 1.0])
    shares = leds.lit_shares(starts_s, exposure_s)
    assert shares["ring"] == pytest.approx([0.0, 0.5, 1.0, 1.0])
    assert all(not shares[state].any() for state in LIT if state != "ring")


def test_closing_switches_off_after_the_same_latency() -> None:
    clock = ManualClock()
    leds = SimLeds(clock=clock)
    with leds:
        leds.set("side")
        clock.sleep_until(10**9)
    off_s = 1.0 + LED_LATENCY_S
    assert leds.lit_shares(np.array([off_s - 0.002, off_s]), 0.002)["side"] == pytest.approx([1.0, 0.0])


def test_a_second_side_group_is_there_where_its_place_is_given() -> None:
    assert "side2" not in SimLeds(clock=ManualClock()).states()
    assert "side2" in SimLeds(clock=ManualClock(), side2_offset_m=0.02).states()

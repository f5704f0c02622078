"""The lights keep their budget, whatever is asked of them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hw.clock import ManualClock
from hw.types import LedState
from lensdetect.config import LightConfig
from lensdetect.errors import UnsafeLight
from lensdetect.safety import AVERAGE_LIMIT_W_SR, SafeLeds
from tests.lensdetect.eyes import DeafLeds


def lights(**values: float) -> tuple[SafeLeds, DeafLeds, ManualClock]:
    clock, leds = ManualClock(), DeafLeds()
    return SafeLeds(leds=leds, clock=clock, config=LightConfig(**values)), leds, clock


def wait(clock: ManualClock, seconds: float) -> None:
    clock.sleep_until(clock.now_ns() + round(seconds * 1e9))


def test_a_normal_strobe_is_left_alone() -> None:
    safe, leds, clock = lights()
    for _ in range(200):
        for state in ("ring", "off", "side"):
            safe.set(state)
            wait(clock, 4 / 60)
            safe.tick()
    assert not safe.refused
    assert leds.asked.count("ring") == 200


def test_a_light_that_is_left_on_goes_off() -> None:
    safe, leds, clock = lights(max_on_s=2.0)
    safe.set("ring")
    for _ in range(100):
        wait(clock, 0.05)
        safe.tick()
    assert leds.asked[-1] == "off"
    assert safe.refused["on_too_long"] == 1


def test_switching_between_lights_is_no_dark_moment() -> None:
    safe, leds, clock = lights(max_on_s=1.0)
    for i in range(60):
        safe.set("ring" if i % 2 else "side")
        wait(clock, 0.05)
    assert "off" in leds.asked
    assert safe.refused["on_too_long"] > 0


def test_a_light_over_the_peak_is_never_switched_on() -> None:
    with pytest.raises(UnsafeLight) as caught:
        lights(ring_w_sr=4.5)
    assert caught.value.reason == "over_peak"


def test_the_lights_are_off_after_closing_even_if_they_fail() -> None:
    safe, leds, _ = lights()
    safe.set("ring")
    safe.close()
    assert leds.asked[-1] == "off"


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["off", "ring", "side", "red"]), st.floats(0.01, 1.0)),
        min_size=5,
        max_size=120,
    ),
    st.floats(0.1, 3.9),
)
def test_the_average_never_passes_the_limit(orders: list[tuple[LedState, float]], strength: float) -> None:
    safe, _, clock = lights(ring_w_sr=strength, side_w_sr=strength)
    worst = 0.0
    for state, seconds in orders:
        safe.set(state)
        for _ in range(max(1, round(seconds / 0.02))):
            wait(clock, 0.02)
            safe.tick()
            worst = max(worst, safe.average_w_sr(clock.now_ns()))
    assert worst <= AVERAGE_LIMIT_W_SR + strength * 0.02 / 10.0 + 1e-9


def test_closing_twice_drives_a_closed_device_no_more() -> None:
    safe, leds, _ = lights()
    safe.close()
    asked = list(leds.asked)
    safe.close()
    assert leds.asked == asked

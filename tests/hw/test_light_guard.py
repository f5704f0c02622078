"""The lights keep their budget, whatever is asked of them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hw.clock import ManualClock, SystemClock
from hw.config import LightConfig
from hw.errors import Reason
from hw.light_guard import (
    AVERAGE_LIMIT_W_SR,
    CORNEA_W_SR,
    PEAK_LIMIT_W_SR,
    RETINA_W_SR,
    SafeLeds,
    UnsafeLight,
    guarded,
    refusals_of,
)
from hw.types import LedState, LightSwitch
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


def test_a_light_of_unknown_strength_is_bounded_in_time_all_the_same() -> None:
    safe, leds, clock = lights(ring_w_sr=0.0, max_on_s=2.0)
    safe.set("ring")
    for _ in range(100):
        wait(clock, 0.05)
        safe.tick()
    assert leds.asked[-1] == "off"


def test_switching_between_lights_is_no_dark_moment() -> None:
    safe, leds, clock = lights(max_on_s=1.0)
    for i in range(60):
        safe.set("ring" if i % 2 else "side")
        wait(clock, 0.05)
    assert "off" in leds.asked
    assert safe.refused["on_too_long"] > 0


def test_a_light_over_the_peak_is_never_switched_on() -> None:
    with pytest.raises(UnsafeLight, match=r"4\.5 W/sr") as caught:
        lights(ring_w_sr=4.5)
    assert "lens.lights" in caught.value.hint


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


def test_the_limits_are_those_of_the_standard() -> None:
    assert pytest.approx(4.0) == CORNEA_W_SR
    assert pytest.approx(2.07, abs=0.01) == RETINA_W_SR
    assert min(CORNEA_W_SR, RETINA_W_SR) / 2 >= AVERAGE_LIMIT_W_SR
    assert PEAK_LIMIT_W_SR <= CORNEA_W_SR


def test_a_refusal_is_counted_and_the_rest_is_told() -> None:
    safe, leds, clock = lights(max_duty=0.5, window_s=1.0)
    for _ in range(40):
        safe.set("ring")
        wait(clock, 0.05)
    assert refusals_of(safe)["over_duty"] > 0
    health = safe.health()
    assert (health.ok, health.reason) == (False, Reason.LIGHTS_REST)
    wait(clock, 1.0)
    safe.set("ring")
    assert safe.health().ok
    assert leds.asked[-1] == "ring"


def test_there_is_one_guard_and_new_limits_forget_no_light() -> None:
    safe, leds, clock = lights(window_s=10.0)
    safe.set("ring")
    wait(clock, 2.0)
    assert guarded(safe, clock=clock, config=LightConfig()) is safe
    before = safe.average_w_sr(clock.now_ns())
    assert before == pytest.approx(0.12)
    again = guarded(safe, clock=clock, config=LightConfig(max_duty=0.3))
    assert again.average_w_sr(clock.now_ns()) == pytest.approx(before)
    again.set("ring")
    wait(clock, 2.0)
    again.tick()
    assert leds.asked[-1] == "off"
    assert guarded(leds, clock=clock, config=LightConfig()) is not safe


def test_a_watchdog_needs_nobody_to_call() -> None:
    leds = DeafLeds()
    config = LightConfig(max_on_s=0.05)
    with SafeLeds(leds=leds, clock=SystemClock(), config=config, watchdog=True) as safe:
        safe.set("ring")
        end = time.monotonic() + 20
        while leds.asked[-1] != "off":
            assert time.monotonic() < end
            time.sleep(0.005)
        assert safe.refused == {"on_too_long": 1}


def test_lights_opened_again_are_dark_and_remember_what_they_gave() -> None:
    safe, leds, clock = lights(max_duty=0.5)
    safe.set("ring")
    while not safe.refused:
        wait(clock, 0.5)
        safe.set("off")
        safe.set("ring")
    before_w_sr = safe.average_w_sr(clock.now_ns())
    safe.reopen()
    assert (leds.asked[-1], safe.state) == ("off", "off")
    assert safe.average_w_sr(clock.now_ns()) == before_w_sr > 0
    safe.set("ring")
    assert safe.state == "off"  # a replug is no way around the budget
    assert safe.refused == {"over_duty": 2}


def test_the_sensor_is_told_of_every_switch_whoever_made_it() -> None:
    safe, leds, clock = lights(max_on_s=0.5)
    told: list[LightSwitch] = []
    safe.on_taken = told.extend
    safe.set("ring")
    assert safe.take_switches() == (LightSwitch(0, "ring"),)
    assert safe.take_switches() == ()
    wait(clock, 0.6)
    safe.tick()  # the guard's own
    wait(clock, 0.1)
    safe.reopen()
    assert leds.asked[-1] == "off"
    safe.take_switches()
    assert told[1:] == [LightSwitch(600_000_000, "off", "on_too_long"), LightSwitch(700_000_000, "off")]
    assert not safe.replays_switches

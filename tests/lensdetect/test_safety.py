"""The strobe is planned within what the light guard allows."""

from __future__ import annotations

import pytest

from hw.clock import ManualClock
from hw.config import LightConfig
from hw.light_guard import SafeLeds
from hw.types import LedState
from lensdetect.safety import UnsafeLight, plan_strobe
from tests.lensdetect.eyes import DeafLeds

STATE_S = 4 / 60
THREE: tuple[LedState, ...] = ("ring", "off", "side")


def test_the_usual_strobe_stays_as_it_is() -> None:
    assert plan_strobe(THREE, state_s=STATE_S, lights=LightConfig()) == THREE
    assert plan_strobe(("off",), state_s=STATE_S, lights=LightConfig()) == ("off",)


@pytest.mark.parametrize(
    ("lights", "states", "state_s"),
    [
        (LightConfig(), THREE, STATE_S),
        (LightConfig(ring_w_sr=2.0, side_w_sr=2.0), THREE, STATE_S),
        (LightConfig(ring_w_sr=3.9, side_w_sr=3.9), THREE, STATE_S),
        (LightConfig(max_duty=0.5), THREE, STATE_S),
        (LightConfig(max_on_s=0.5), THREE, 0.4),
        (LightConfig(), ("ring", "off", "side", "red"), STATE_S),
    ],
)
def test_a_planned_strobe_is_never_refused(
    lights: LightConfig, states: tuple[LedState, ...], state_s: float
) -> None:
    clock = ManualClock()
    safe = SafeLeds(leds=DeafLeds(), clock=clock, config=lights)
    plan = plan_strobe(states, state_s=state_s, lights=lights)
    assert set(plan) == set(states)
    for _ in range(300):
        for state in plan:
            safe.set(state)
            clock.sleep_until(clock.now_ns() + round(state_s * 1e9))
            safe.tick()
    assert not safe.refused


def test_lights_for_which_there_is_no_strobe_are_never_lit() -> None:
    with pytest.raises(UnsafeLight, match="any strobe"):
        plan_strobe(THREE, state_s=5.0, lights=LightConfig(max_on_s=1.0))

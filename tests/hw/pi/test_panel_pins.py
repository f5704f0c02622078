"""Lights, buttons and buzzer on gpiozero's own mock pins."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gpiozero
import pytest
from gpiozero.pins.mock import MockFactory, MockPWMPin
from hypothesis import given
from hypothesis import strategies as st

from hw.clock import ManualClock, SystemClock
from hw.config import HwConfig, LightConfig
from hw.errors import DeviceBusy, DeviceDenied, DeviceLost, DeviceMissing, HwError, MissingComponent, Reason
from hw.kit import open_device
from hw.light_guard import SafeLeds
from hw.pi import buttons as driver
from hw.pi.buttons import LONG_NS, SETTLE_NS, Switch
from hw.pi.gpio import claim, drive, pins
from hw.pi.leds import NoLeds, PiLeds, open_leds
from hw.protocols import Buttons, Buzzer, Leds

MS = 1_000_000
GROUPS = ("leds", "buttons", "buzzer", "panel", "video_receiver")


@pytest.fixture
def mock() -> Iterator[MockFactory]:
    factory = MockFactory(pin_class=MockPWMPin)
    before, gpiozero.Device.pin_factory = gpiozero.Device.pin_factory, factory
    yield factory
    factory.reset()
    gpiozero.Device.pin_factory = before


def pin_of(mock: MockFactory, group: str, name: str) -> Any:
    return mock.pin(f"GPIO{pins(group)[name]}")


def lit(mock: MockFactory) -> set[str]:
    return {name for name in pins("leds") if pin_of(mock, "leds", name).state}


def wait_until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not done():
        assert time.monotonic() < end
        time.sleep(0.005)


# ---- lights


def test_one_group_at_a_time_and_none_after_closing(mock: MockFactory) -> None:
    with open_leds(target="", config=HwConfig(), clock=ManualClock()) as leds:
        assert isinstance(leds, Leds)
        assert leds.states() == ("off", "ring", "side", "red", "side2")
        assert lit(mock) == set()
        for state in ("ring", "side", "red", "ring"):
            leds.set(state)
            assert lit(mock) == {state}
        with pytest.raises(ValueError, match="no light"):
            leds.set("blue")  # type: ignore[arg-type]
        pin = pin_of(mock, "leds", "ring")
    assert not pin.state  # released: an input, pulled down by the wiring
    assert pin.function == "input"


def test_a_forgotten_light_goes_out_by_itself_and_comes_back(mock: MockFactory) -> None:
    with open_leds(target="", config=HwConfig(), clock=SystemClock()) as leds:
        leds.limit(LightConfig(max_on_s=0.05))
        leds.set("ring")
        wait_until(lambda: lit(mock) == set())
        health = leds.health()
        assert (health.ok, health.reason) == (False, Reason.LIGHTS_REST)
        assert "rest" in health.hint
        leds.set("side")
        assert lit(mock) == {"side"}
        assert leds.health().ok


def test_lighting_it_again_and_again_does_not_help(mock: MockFactory) -> None:
    clock = ManualClock()
    with SafeLeds(leds=PiLeds(), clock=clock, config=LightConfig()) as leds:
        on = 0
        for _ in range(3000):
            leds.set("ring")
            on += "ring" in lit(mock)
            clock.sleep_until(clock.now_ns() + 10 * MS)
        assert on / 3000 <= LightConfig().max_duty + 0.01


def test_a_strobe_of_three_never_rests(mock: MockFactory) -> None:
    clock = ManualClock()
    with SafeLeds(leds=PiLeds(), clock=clock, config=LightConfig()) as leds:
        for _ in range(500):
            for state in ("ring", "off", "side"):
                leds.set(state)  # type: ignore[arg-type]
                assert lit(mock) == ({state} if state != "off" else set())
                clock.sleep_until(clock.now_ns() + 67 * MS)
        assert not leds.refused


def test_pins_that_fail_are_lost_and_found(mock: MockFactory) -> None:
    with PiLeds() as leds:
        for light in leds._held.hold().values():
            light.close()  # as if the chip had gone
        with pytest.raises(DeviceLost):
            leds.set("ring")
        assert not leds.health().ok
        leds.reopen()
        leds.set("ring")
        assert lit(mock) == {"ring"}


def test_a_camera_without_lights_says_so() -> None:
    with NoLeds("There are no pins.") as leds:
        assert leds.states() == ("off",)
        leds.set("off")
        with pytest.raises(ValueError, match="no light"):
            leds.set("ring")
        assert leds.health().reason == Reason.NOT_FOUND


# ---- buttons


class Panel:
    def __init__(self, mock: MockFactory) -> None:
        self.clock = ManualClock()
        self.mock = mock
        self.buttons = open_device("buttons", spec="auto", config=HwConfig(), clock=self.clock)

    def press(self, name: str) -> None:
        pin_of(self.mock, "buttons", name).drive_low()

    def release(self, name: str) -> None:
        pin_of(self.mock, "buttons", name).drive_high()

    def wait(self, ns: int) -> None:
        self.clock.sleep_until(self.clock.now_ns() + ns)


def test_short_presses_in_order(mock: MockFactory) -> None:
    panel = Panel(mock)
    with panel.buttons as buttons:
        assert isinstance(buttons, Buttons)
        assert buttons.poll() == ()
        for name in ("up", "ok", "down", "back"):
            panel.press(name)
            panel.wait(100 * MS)
            panel.release(name)
            panel.wait(100 * MS)
        assert [(p.button, p.long) for p in buttons.poll()] == [
            ("up", False),
            ("ok", False),
            ("down", False),
            ("back", False),
        ]
        assert buttons.poll() == ()


def test_a_long_press_is_told_while_it_is_held_and_once(mock: MockFactory) -> None:
    panel = Panel(mock)
    with panel.buttons as buttons:
        panel.press("ok")
        panel.wait(LONG_NS - 1)
        assert buttons.poll() == ()
        panel.wait(1)
        assert [(p.button, p.long) for p in buttons.poll()] == [("ok", True)]
        panel.wait(LONG_NS)
        panel.release("ok")
        assert buttons.poll() == ()


def test_bouncing_contacts_are_one_press(mock: MockFactory) -> None:
    panel = Panel(mock)
    with panel.buttons as buttons:
        for _ in range(4):
            panel.press("up")
            panel.wait(2 * MS)
            panel.release("up")
            panel.wait(2 * MS)
        panel.press("up")
        panel.wait(SETTLE_NS)
        assert buttons.poll() == ()
        for _ in range(4):
            panel.release("up")
            panel.wait(2 * MS)
            panel.press("up")
            panel.wait(2 * MS)
        panel.release("up")
        panel.wait(SETTLE_NS)
        assert [(p.button, p.long) for p in buttons.poll()] == [("up", False)]


def test_a_release_within_the_bounce_is_not_missed(mock: MockFactory) -> None:
    panel = Panel(mock)
    with panel.buttons as buttons:
        panel.press("down")
        panel.wait(5 * MS)
        panel.release("down")  # inside the settling time
        panel.wait(SETTLE_NS)
        assert [(p.button, p.long) for p in buttons.poll()] == [("down", False)]


def test_presses_that_nobody_polls_are_bounded(mock: MockFactory) -> None:
    panel = Panel(mock)
    with panel.buttons as buttons:
        for _ in range(3 * driver.MOST_PRESSES):
            panel.press("ok")
            panel.wait(100 * MS)
            panel.release("ok")
            panel.wait(100 * MS)
        assert len(buttons.poll()) == driver.MOST_PRESSES


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 2_000 * MS)), max_size=50))
def test_no_contact_gives_more_presses_than_edges(moves: list[tuple[bool, int]]) -> None:
    switch, t_ns, presses, edges, before = Switch("ok"), 0, 0, 0, False
    for pressed, pause in moves:
        edges += pressed and not before
        before = pressed
        presses += switch.feel(pressed=pressed, t_ns=t_ns) is not None
        t_ns += pause
    assert presses <= edges


# ---- buzzer


def test_a_beep_sounds_and_ends(mock: MockFactory) -> None:
    with open_device("buzzer", spec="auto", config=HwConfig(), clock=ManualClock()) as buzzer:
        assert isinstance(buzzer, Buzzer)
        pin = pin_of(mock, "buzzer", "buzzer")
        buzzer.beep(frequency_hz=880.0, duration_ms=5_000)
        assert (pin.frequency, pin.state) == (880.0, 0.5)
        buzzer.beep(frequency_hz=1e9, duration_ms=10)  # a new tone ends the old; out of hearing is bounded
        assert pin.frequency == driver.HIGHEST_HZ
        wait_until(lambda: pin.state == 0)
    assert not [t for t in threading.enumerate() if isinstance(t, threading.Timer) and t.is_alive()]


# ---- what keeps them from opening


@pytest.mark.parametrize("role", ["buttons", "buzzer"])
@pytest.mark.parametrize(
    ("trouble", "error", "reason"),
    [
        (gpiozero.BadPinFactory("Unable to load any default pin factory!"), DeviceMissing, Reason.NOT_FOUND),
        (PermissionError(13, "Permission denied"), DeviceDenied, Reason.DENIED),
        (RuntimeError("'GPIO not allocated': not allowed"), DeviceDenied, Reason.DENIED),
        (OSError(16, "GPIO busy"), DeviceBusy, Reason.BUSY),
    ],
)
def test_pins_that_cannot_be_had(
    monkeypatch: pytest.MonkeyPatch, role: str, trouble: Exception, error: type[HwError], reason: Reason
) -> None:
    def refuse(*_args: object, **_kwargs: object) -> None:
        raise trouble

    monkeypatch.setattr(gpiozero, "Button", refuse)
    monkeypatch.setattr(gpiozero, "PWMOutputDevice", refuse)
    with pytest.raises(error) as caught:
        open_device(role, spec="auto", config=HwConfig(), clock=ManualClock())
    assert caught.value.reason is reason
    assert caught.value.hint


def test_a_pin_in_use_is_busy_and_heals(mock: MockFactory) -> None:
    owner = gpiozero.LED(pins("leds")["red"])
    with pytest.raises(DeviceBusy) as caught:
        PiLeds()
    assert caught.value.hint
    owner.close()
    PiLeds().close()  # and the pins claimed before the busy one were let go


@pytest.mark.parametrize("role", ["buttons", "buzzer", "camera"])
def test_without_gpiozero_one_clear_error(monkeypatch: pytest.MonkeyPatch, role: str) -> None:
    monkeypatch.setitem(sys.modules, "gpiozero", None)
    with pytest.raises(MissingComponent) as caught:
        open_device(role, spec="auto", config=HwConfig(), clock=ManualClock())
    assert caught.value.hint


def test_no_wire_is_used_twice() -> None:
    used = [pin for group in GROUPS for pin in pins(group).values()]
    assert len(used) == len(set(used))
    assert not set(used) & {2, 3, 7, 8, 9, 10, 11, 14, 15}  # I2C1, SPI0 and the serial console


def test_the_drawing_shows_every_wire_of_the_table() -> None:
    drawing = (Path(__file__).parents[3] / "hw/wiring.svg").read_text(encoding="utf-8")
    for group in GROUPS:
        for name, pin in pins(group).items():
            assert f"GPIO{pin}<" in drawing, name


@pytest.mark.parametrize(
    ("module", "text", "error"),
    [
        ("lgpio", "'GPIO busy'", DeviceBusy),
        ("RPi.GPIO", "Cannot determine SOC peripheral base address", MissingComponent),
        ("builtins", "Cannot determine SOC peripheral base address", MissingComponent),
        ("lgpio", "'can not open gpiochip'", DeviceMissing),
    ],
)
def test_plain_errors_of_pin_libraries_get_their_own_words(
    module: str, text: str, error: type[HwError]
) -> None:
    kind = RuntimeError if module == "builtins" else type("error", (Exception,), {"__module__": module})

    def fail(_: Any) -> None:
        raise kind(text)

    with pytest.raises(error) as caught:
        claim(fail)
    assert caught.value.hint
    if error is MissingComponent:
        assert "lgpio" in caught.value.hint
    with pytest.raises(DeviceLost):
        drive(lambda: fail(None))


def test_a_mistake_of_ours_is_no_trouble_of_the_pins() -> None:
    with pytest.raises(ZeroDivisionError):
        claim(lambda _: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        drive(lambda: 1 // 0)

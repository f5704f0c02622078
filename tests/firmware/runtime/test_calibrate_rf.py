"""Calibrating the receiver: a unit whose parts each make a line of their own, and which lines are learned."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import numpy as np
import pytest

from firmware.runtime import calibrate_rf
from firmware.runtime.calibrate_rf import STATES, listen_to_itself
from firmware.settings.settings import load_settings
from hw.errors import DeviceLost, DeviceMissing
from hw.kit import CameraWithLeds
from hw.protocols import Clock
from hw.types import DeviceHealth, IqBlock
from sweeper.selfnoise import learn

RATE_HZ = 2.4e6
LINES_HZ = {"always": 433.2e6, "camera": 434.9e6, "lights": 437.3e6, "screen": 438.6e6}
SETTINGS = load_settings(overrides=["rf.ranges_hz=[[432e6, 440e6]]"])


class Unit:
    """Parts that are on or off, each with its line, and a record of how long the light burned on."""

    def __init__(self, *, without: tuple[str, ...] = ()) -> None:
        self.without = without
        self.on = {"always": True, "camera": False, "lights": False, "screen": False}
        self.lit_ns = self.dark_ns = 0

    def open(self, role: str, *, clock: Clock, **_: object) -> object:
        if role in self.without:
            raise DeviceMissing(f"no {role}")
        self.clock = clock
        if role == "camera":
            return CameraWithLeds(Camera(self), Lights(self))
        return Receiver(self) if role == "sdr" else Panel(self)

    def pass_time(self, passed_ns: int) -> None:
        """Let time go on, and keep the book of the light."""
        self.clock.sleep_until(self.clock.now_ns() + passed_ns)
        if self.on["lights"]:
            self.lit_ns += passed_ns
        elif self.on["camera"]:
            self.dark_ns += passed_ns


class Part:
    """What every part can do: be entered, and be off when left."""

    name = ""

    def __init__(self, unit: Unit) -> None:
        self.unit = unit

    def __enter__(self):
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        if self.name:
            self.unit.on[self.name] = False

    def health(self) -> DeviceHealth:
        return DeviceHealth(ok=True)


class Receiver(Part):
    rate_hz, tunable = RATE_HZ, True

    def __init__(self, unit: Unit) -> None:
        super().__init__(unit)
        self.rng = np.random.default_rng(7)
        self.center_hz = 100e6

    def tune(self, *, center_hz: float, gain_db: float) -> None:
        self.center_hz = center_hz

    def read(self, *, count: int) -> IqBlock:
        unit = self.unit
        t_ns = unit.clock.now_ns()
        x = self.rng.normal(size=(count, 2)).astype(np.float32).view(np.complex64)[:, 0] * 0.02
        for name, line_hz in LINES_HZ.items():
            away_hz = line_hz - self.center_hz
            if unit.on[name] and abs(away_hz) < RATE_HZ / 2:
                x += 0.05 * np.exp(2j * np.pi * away_hz / RATE_HZ * np.arange(count)).astype(np.complex64)
        unit.pass_time(round(count / RATE_HZ * 1e9))
        return IqBlock(
            t_ns=t_ns, center_hz=self.center_hz, rate_hz=RATE_HZ, gain_db=29.7,
            samples=x.astype(np.complex64), clipped_share=0.0,
        )  # fmt: skip


class Camera(Part):
    name = "camera"

    def configure(self, settings: object) -> None:
        self.unit.on["camera"] = True

    def read(self) -> object:
        assert not self.unit.on["lights"], "a light burned while nobody listened"
        self.unit.pass_time(33_000_000)
        return SimpleNamespace()


class Lights(Part):
    name = "lights"

    def set(self, state: str) -> None:
        self.unit.on["lights"] = state != "off"


class Panel(Part):
    name, size, mode = "screen", (32, 24), "RGB"

    def __init__(self, unit: Unit) -> None:
        super().__init__(unit)
        self.unit.on["screen"] = True

    def show(self, image) -> None:
        assert (image.size, image.mode) == (self.size, self.mode)


def learned(monkeypatch: pytest.MonkeyPatch, unit: Unit) -> dict[str, tuple[str, ...]]:
    """Return the states in which each planted line was learned."""
    monkeypatch.setattr(calibrate_rf, "open_device", unit.open)
    runs = listen_to_itself("sim:empty-room", SETTINGS, runs=2, say=lambda _: None)
    profile = learn(runs, on=dt.date(2026, 1, 2), temperature_c=41.0)
    return {
        name: tuple(s for line in profile.lines if line.low_hz <= hz <= line.high_hz for s in line.states)
        for name, hz in LINES_HZ.items()
    }


def test_each_part_is_heard_in_its_state_alone_and_lights_rest_as_long_as_they_burn(monkeypatch):
    unit = Unit()
    assert learned(monkeypatch, unit) == {
        "always": tuple(sorted(STATES)),
        "camera": ("camera", "camera and lights"),
        "lights": ("camera and lights",),
        "screen": ("screen",),
    }
    assert not any(on for name, on in unit.on.items() if name != "always")
    assert 0 < unit.lit_ns <= unit.dark_ns  # their own limit would darken the rest of the sweep


def test_parts_that_are_not_there_leave_their_states_out(monkeypatch):
    found = learned(monkeypatch, Unit(without=("camera", "display")))
    assert found == {"always": ("rest",), "camera": (), "lights": (), "screen": ()}


@pytest.mark.parametrize(("part", "call"), [(Camera, "read"), (Panel, "show")])
def test_a_part_that_is_lost_on_the_way_ends_the_calibration(monkeypatch, part, call):
    def lost(*_args: object) -> None:
        raise DeviceLost("It is gone", hint="Plug it in again.")

    monkeypatch.setattr(part, call, lost)
    monkeypatch.setattr(calibrate_rf, "open_device", Unit().open)
    monkeypatch.setattr(calibrate_rf, "PICTURE_S", 0.001)
    with pytest.raises(DeviceLost, match="gone"):
        listen_to_itself("sim:empty-room", SETTINGS, runs=2, say=lambda _: None)


def test_without_a_receiver_there_is_nothing_to_calibrate(monkeypatch):
    monkeypatch.setattr(calibrate_rf, "open_device", Unit(without=("sdr",)).open)
    with pytest.raises(DeviceMissing):
        listen_to_itself("sim:empty-room", SETTINGS, runs=2, say=lambda _: None)

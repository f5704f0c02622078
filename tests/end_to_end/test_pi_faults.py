"""Command × device × fault × phase on a whole unit of stand-ins, each to its last line and exit code."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import gpiozero
import pytest
from click.testing import Result
from typer.testing import CliRunner

from firmware.cli.app import app
from hw.pi import spectral
from hw.pi.discover import Found
from hw.pi.nl80211 import open_wireless
from hw.types import SENSOR_NAMES
from tests.hw.pi.tap import ETHERNET, Tap, in_namespace, needs_root
from tests.hw.pi.test_fault_table import Plugged
from tests.hw.pi.test_hci import FakeController

SMALL = ("--set", "hw.camera.width_px=320", "--set", "hw.camera.height_px=240")
KIT = ("--kit", "pi", "--lang", "en", *SMALL)
SECONDS = ("--duration", "2")
INCONCLUSIVE, VERDICTS, NO_DEVICE, INTERRUPTED = 11, {0, 10, 11}, {1, 3}, 130
ROLES = ("sdr", "ble", "camera")
SENSOR_THREADS = frozenset(f"ansim-{name}" for name in SENSOR_NAMES)
# What each command opens of the three roles that can be spoiled here; DIR is an empty folder's new child.
SCANS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "scan rf": (("scan", "rf", *KIT, *SECONDS), ("sdr",)),
    "scan ble": (("scan", "ble", *KIT, *SECONDS), ("ble",)),
    "scan lens": (("scan", "lens", *KIT, *SECONDS), ("camera",)),
    "scan all": (("scan", "all", *KIT, *SECONDS, "--record", "DIR"), ROLES),
    "session record": (("session", "record", "DIR", *KIT, *SECONDS, "--yes"), ROLES),
    "run": (("run", *KIT, *SECONDS), ROLES),
}
OTHERS: dict[str, tuple[tuple[str, ...], tuple[str, ...], set[int]]] = {
    "diag check": (("diag", "check", *KIT), ROLES, {0, 1}),
    "diag bundle": (("diag", "bundle", "DIR", *KIT, "--record", "1", "--yes"), ("sdr", "camera"), {0, 1}),
    "diag watch": (("diag", "watch", "--once", "--socket", "DIR", "--lang", "en"), (), {1}),
    "calibrate lens": (("calibrate", "lens", *KIT, "--out", "DIR"), ("camera",), {1}),
    "calibrate rf": (
        ("calibrate", "rf", "--kit", "pi", *SMALL, "--runs", "2", "--out", "DIR"),
        ("sdr",),
        {0, 1, 3},
    ),
}


class Unit:
    """Everything is plugged in but a Wi-Fi adapter; what goes wrong is asked for by role."""

    def __init__(self, plugged: Plugged, folder: Path) -> None:
        self.plugged, self.folder = plugged, folder
        import picamera2

        self.vendor = picamera2
        plugged.change(plugged, "wireless", lambda: open_wireless(folder / "no-wireless"))
        plugged.change(spectral, "ROOT", folder / "no-wireless")
        self.timers: list[threading.Thread] = []

    def in_use(self, role: str) -> bool:
        """Return whether a device has given something already."""
        if role == "sdr":
            return sum(line.startswith("freq") for line in self.plugged.sdr.diary()) > 2
        if role == "ble":
            return bool(FakeController.made) and len(FakeController.made[-1].commands) > 4
        return self.vendor.LOG.count("release") > 8

    def unplug(self, role: str) -> None:
        if role == "sdr":
            self.plugged.sdr.set(read=-4, open=-4)
        elif role == "ble":
            for controller in FakeController.made:
                controller.unplug()
            self.plugged.spoil("ble", "stalled")
        else:
            self.vendor.Faults.gone = True

    def stall(self, role: str) -> None:
        """Let a call hang, or be silent for ever."""
        if role == "sdr":
            self.plugged.sdr.set(stall=1500, noise=3)
        elif role == "ble":
            self.plugged.spoil("ble", "stalled")
        else:
            self.vendor.Faults.stalled.clear()

    def once_in_use(self, role: str, act: Callable[[], object], *, most_s: float = 60.0) -> None:
        """Do something as soon as a device has given something."""

        def wait() -> None:
            end = time.monotonic() + most_s
            while not self.in_use(role) and time.monotonic() < end:
                time.sleep(0.01)
            act()

        thread = threading.Thread(target=wait, daemon=True)
        thread.start()
        self.timers.append(thread)

    def run(self, words: tuple[str, ...]) -> Result:
        told = tuple(str(self.folder / "out") if word == "DIR" else word for word in words)
        return CliRunner().invoke(app, list(told))

    def ended_well(self, done: Result) -> None:
        """No traceback, words on the screen, no camera left open, no light left on."""
        self.vendor.Faults.stalled.set()
        self.plugged.sdr.set()
        for thread in self.timers:
            thread.join(70)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.output
        assert "Traceback" not in done.output
        assert done.output.strip()
        driven = gpiozero.Device.pin_factory.pins
        assert [n for n, pin in driven.items() if pin.function == "output" and pin.state] == []
        within(lambda: self.vendor.LOG.count("open") == self.vendor.LOG.count("close"))
        within(lambda: not [t.name for t in threading.enumerate() if t.name in SENSOR_THREADS])


def within(holds: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait until something holds; a device that hung lets go a little later."""
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.02)
    assert holds()


@pytest.fixture
def unit(plugged: Plugged, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Unit]:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    # A log of another test writes to a terminal that is gone.
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    # What is plugged in is read from /sys, which stand-ins below the libraries do not fill.
    monkeypatch.setattr("hw.pi.discover.discover", lambda: (Found(role="camera", name="eye", usable=True),))
    made = Unit(plugged, tmp_path)
    yield made
    made.vendor.Faults.stalled.set()


def pairs() -> list[tuple[str, str]]:
    return [(command, role) for command, (_, roles) in SCANS.items() for role in roles]


@pytest.mark.parametrize(("command", "role"), pairs())
@pytest.mark.parametrize("fault", ["not_found", "busy", "library"])
def test_a_device_that_does_not_open_is_named_and_the_others_go_on(
    unit: Unit, command: str, role: str, fault: str
) -> None:
    words, roles = SCANS[command]
    unit.plugged.spoil(role, fault)
    done = unit.run(words)
    unit.plugged.mend()
    assert done.exit_code in (NO_DEVICE if len(roles) == 1 else without_verdict(command)), done.output
    assert_recorded(unit, command)
    assert "inconclusive" in done.stdout.lower() or len(roles) == 1
    unit.ended_well(done)


@pytest.mark.parametrize(("command", "role"), pairs())
@pytest.mark.parametrize("fault", ["unplug", "stall"])
@pytest.mark.parametrize("phase", ["at once", "in use"])
def test_a_device_that_goes_away_leaves_no_verdict_of_nothing(
    unit: Unit, command: str, role: str, fault: str, phase: str
) -> None:
    words, roles = SCANS[command]

    def act() -> None:
        getattr(unit, fault)(role)

    if phase == "at once":
        act()
    else:
        unit.once_in_use(role, act)
    done = unit.run(words)
    allowed = without_verdict(command) | (NO_DEVICE if len(roles) == 1 and phase == "at once" else set())
    assert done.exit_code in allowed, done.output
    assert_recorded(unit, command)
    unit.ended_well(done)


@pytest.mark.parametrize("command", SCANS)
def test_control_c_ends_with_what_is_known(unit: Unit, command: str) -> None:
    words, roles = SCANS[command]
    before = signal.getsignal(signal.SIGINT)

    def press() -> None:
        end = time.monotonic() + 30
        while signal.getsignal(signal.SIGINT) is before and time.monotonic() < end:
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    unit.once_in_use(roles[0], press)
    at = words.index("2")
    done = unit.run((*words[:at], "60", *words[at + 1 :]))
    assert done.exit_code in VERDICTS, done.output
    assert_recorded(unit, command)
    unit.ended_well(done)


@pytest.mark.parametrize("command", OTHERS)
@pytest.mark.parametrize("fault", ["none", "not_found", "busy", "unplug", "stall"])
def test_every_other_command_ends_in_words(unit: Unit, command: str, fault: str) -> None:
    words, roles, codes = OTHERS[command]
    unit.plugged.sdr.set(noise=3)
    for role in roles:
        if fault in {"not_found", "busy"}:
            unit.plugged.spoil(role, fault)
        elif fault != "none":
            getattr(unit, fault)(role)
    done = unit.run(words)
    unit.plugged.mend()
    assert done.exit_code in (codes | NO_DEVICE if fault != "none" else codes), done.output
    unit.ended_well(done)


def without_verdict(command: str) -> set[int]:
    """Return how a command ends that could not look: a recording is done, a scan is inconclusive."""
    return {0} if command == "session record" else {INCONCLUSIVE}


def assert_recorded(unit: Unit, command: str) -> None:
    """A recording that was begun is finished."""
    if "DIR" in SCANS[command][0]:
        assert (unit.folder / "out" / "manifest.toml").is_file()
        assert not (unit.folder / "out" / "manifest.toml.part").exists()


@needs_root
@pytest.mark.root
@pytest.mark.parametrize("command", ["wifi", "all"])
@pytest.mark.parametrize("fault", ["none", "not_found", "denied", "busy", "unplugged"])
def test_the_wifi_adapter_too(unit: Unit, command: str, fault: str) -> None:
    """In a network of its own: the adapter is a TAP interface below the real driver."""

    def body() -> None:
        plugged = unit.plugged
        plugged.change(plugged, "wireless", plugged._connect)
        wlan = Tap("wlan0", ETHERNET)
        if fault == "unplugged":
            threading.Thread(target=pull, args=(plugged,), daemon=True).start()
        elif fault != "none":
            plugged.spoil("monitor", fault)
        done = unit.run(("scan", command, *KIT, *SECONDS))
        plugged.mend()
        wlan.close()
        opened = fault in {"none", "unplugged"} or command == "all"
        assert done.exit_code in ({INCONCLUSIVE} if opened else NO_DEVICE), done.output
        unit.ended_well(done)

    in_namespace(body)


def pull(plugged: Plugged) -> None:
    """Unplug the adapter a moment after it has begun to listen."""
    end = time.monotonic() + 30
    while "ansim0" not in plugged.taps and time.monotonic() < end:
        time.sleep(0.01)
    time.sleep(0.3)
    plugged.taps["ansim0"].close()

"""Every command on the Pi's own devices, to its last line and exit code, whatever is unplugged on the way."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from types import ModuleType

import gpiozero
import pytest
from click.testing import Result
from gpiozero.pins.mock import MockFactory, MockPWMPin
from typer.testing import CliRunner

from firmware.cli.app import app
from firmware.runtime.session import inspect
from firmware.settings.settings import load_settings
from firmware.verdict.engine import Snapshot
from hw.pi import camera as driver

STAND_INS = Path(__file__).parents[1] / "hw" / "pi" / "standin"
SMALL = ("--set", "hw.camera.width_px=320", "--set", "hw.camera.height_px=240")
TIMED = ("--kit", "pi", "--duration", "1.5", "--lang", "en", *SMALL)
VERDICTS = {0, 10, 11}
INCONCLUSIVE = 11


@pytest.fixture(autouse=True)
def library(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The stand-in camera library, and pins in memory."""
    monkeypatch.syspath_prepend(str(STAND_INS))
    for name in ("picamera2", "libcamera"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setattr(driver, "STALL_S", 0.3)
    # A library that another test has loaded stays loaded: here there is no dongle.
    monkeypatch.setattr("hw.pi.librtlsdr.load_library", lambda: None)
    for name in [n for n in sys.modules if n.split(".")[0] == "rtlsdr"]:
        monkeypatch.delitem(sys.modules, name)
    import picamera2

    picamera2.reset()
    before, gpiozero.Device.pin_factory = gpiozero.Device.pin_factory, MockFactory(pin_class=MockPWMPin)
    yield picamera2
    picamera2.reset()
    gpiozero.Device.pin_factory.reset()
    gpiozero.Device.pin_factory = before
    for name in ("picamera2", "libcamera"):
        sys.modules.pop(name, None)


def after(seconds: float, act: Callable[[], object]) -> threading.Timer:
    timer = threading.Timer(seconds, act)
    timer.daemon = True
    timer.start()
    return timer


def unplug(library: ModuleType) -> None:
    library.Faults.gone = True


def stall(library: ModuleType) -> None:
    library.Faults.stalled.clear()


def interrupt_once_it_looks(library: ModuleType) -> None:
    """Press Ctrl-C when the scan has begun and pictures have come for a while."""
    end, before = time.monotonic() + 20, signal.getsignal(signal.SIGINT)
    while signal.getsignal(signal.SIGINT) is before and time.monotonic() < end:
        time.sleep(0.01)
    pictures = library.LOG.count("release")
    while library.LOG.count("release") < pictures + 40 and time.monotonic() < end:
        time.sleep(0.01)
    os.kill(os.getpid(), signal.SIGINT)


def ended_well(done: Result, library: ModuleType) -> None:
    """No traceback, no device left open, no light left on."""
    assert done.exception is None or isinstance(done.exception, SystemExit), done.output
    assert "Traceback" not in done.output
    assert library.LOG.count("open") == library.LOG.count("close")
    pins = gpiozero.Device.pin_factory.pins
    assert not any(pin.state for pin in pins.values() if pin.function == "output")


@pytest.mark.parametrize("recorded", [False, True])
@pytest.mark.parametrize("command", ["lens", "all"])
@pytest.mark.parametrize("fault", [unplug, stall])
@pytest.mark.parametrize("when_s", [0.0, 0.6])
def test_a_camera_that_goes_away_ends_in_a_verdict_that_says_so(
    library: ModuleType,
    tmp_path: Path,
    command: str,
    recorded: bool,
    fault: Callable[[ModuleType], None],
    when_s: float,
) -> None:
    record = ("--record", str(tmp_path / "session")) if recorded else ()
    timer = after(when_s, lambda: fault(library))
    done = CliRunner().invoke(app, ["scan", command, *TIMED, *record])
    timer.cancel()
    assert done.exit_code == INCONCLUSIVE, done.output
    assert "camera" in done.stdout.lower()
    if recorded:
        assert (tmp_path / "session" / "manifest.toml").is_file()
    library.Faults.stalled.set()
    ended_well(done, library)


@pytest.mark.parametrize("command", [("scan", "lens"), ("scan", "all"), ("session", "record")])
def test_control_c_ends_with_what_is_known(
    library: ModuleType, tmp_path: Path, command: tuple[str, str]
) -> None:
    folder = tmp_path / "session"
    target = (str(folder), "--yes") if command[0] == "session" else ("--record", str(folder))
    timer = after(0.0, lambda: interrupt_once_it_looks(library))
    options = ("--kit", "pi", "--duration", "20", *SMALL)
    done = CliRunner().invoke(app, [*command, *target, *options])
    timer.cancel()
    assert done.exit_code in VERDICTS, done.output
    assert (folder / "manifest.toml").is_file()
    ended_well(done, library)


@pytest.mark.parametrize(
    ("command", "codes"),
    [
        (("scan", "rf", *TIMED), {1, 3}),  # these devices are not there
        (("scan", "wifi", *TIMED), {1, 3}),
        (("scan", "ble", *TIMED), {1, 3}),
        (("diag", "devices"), {0}),
        (("diag", "check", "--kit", "pi", *SMALL), {0, 1}),
        (("calibrate", "lens", "--kit", "pi", *SMALL), {1}),  # a plain grey picture that never changes
    ],
)
def test_every_other_command_ends_in_words(
    library: ModuleType, command: tuple[str, ...], codes: set[int]
) -> None:
    done = CliRunner().invoke(app, list(command))
    assert done.exit_code in codes, done.output
    assert done.output.strip()
    ended_well(done, library)


def test_a_camera_plugged_in_again_looks_again_and_nothing_is_forgotten(
    library: ModuleType, tmp_path: Path
) -> None:
    """The worker opens it: what was counted before the gap is there after it, and in the replay."""
    seen: list[Snapshot] = []
    read_before: list[int] = []

    def lens(snapshot: Snapshot) -> str:
        return next(s.state for s in snapshot.sensors if s.name == "lens")

    def watch(snapshot: Snapshot) -> bool:
        seen.append(snapshot)
        read = sum(c.read for c in snapshot.counts)
        if not read_before and read > 20:
            library.Faults.gone = True
            read_before.append(read)
        elif library.Faults.gone and lens(snapshot) == "lost":
            library.Faults.gone = False
        return bool(read_before) and not library.Faults.gone and read > read_before[0] + 20

    settings = load_settings(overrides=[word for word in SMALL if "=" in word])
    live = inspect("pi", settings, only={"lens"}, until_s=30.0, record_to=tmp_path / "session", watch=watch)
    states = [state for state, _ in groupby(map(lens, seen))]
    assert states[-3:] == ["running", "lost", "running"]
    assert live.counts[0].read > read_before[0] + 20  # counted on, not from nothing
    assert library.LOG.count("open") == 2
    again = inspect(f"replay:{tmp_path / 'session'}", settings, only={"lens"})
    assert again.counts == live.counts


def test_the_lights_shine_all_of_the_time_they_are_asked_for(library: ModuleType) -> None:
    done = CliRunner().invoke(app, ["scan", "lens", *TIMED, "--jsonl"])
    assert done.exit_code in VERDICTS
    for reason in ("over_duty", "over_budget", "on_too_long"):
        assert reason not in done.stdout

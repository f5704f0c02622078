"""A device that begins to lie during a live scan: INCONCLUSIVE with its name, within 10 s of the lie.

Whole commands over the real drivers and the real vendor libraries; the lie is told below these. Before it,
the device works as it should, so that nothing else keeps the sensor from being believed.
"""

from __future__ import annotations

import json
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import cycle
from pathlib import Path
from typing import Any

import gpiozero
import pytest
from gpiozero.pins.mock import MockFactory
from typer.testing import CliRunner

from firmware.cli.app import app
from hw.pi import hci, monitor
from hw.pi.nl80211 import Wireless
from tests.hw.pi.conftest import Faults, faults, full_library, use_library  # noqa: F401 (fixtures)
from tests.hw.pi.kernel import Kernel
from tests.hw.pi.tap import ETHERNET, RADIOTAP, Tap, in_namespace, needs_root
from tests.hw.pi.test_adapter import one_radio
from tests.hw.pi.test_hci import FakeController, legacy_report

STAND_INS = Path(__file__).parents[1] / "hw" / "pi" / "standin"
SMALL = ("--set", "hw.camera.width_px=320", "--set", "hw.camera.height_px=240")
LIE_AFTER_S, WITHIN_S = 2.0, 10.0


def verdicts_of(sensor: str, *more: str, lasting_s: float) -> list[dict[str, Any]]:
    """Scan live and return the verdict lines, the last one last."""
    command = ["scan", sensor, "--kit", "pi", "--duration", f"{lasting_s}", "--lang", "en", "--jsonl", *more]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 11, done.output
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return [line for line in lines if line["type"] == "verdict"]


def require_inconclusive(verdict: dict[str, Any], sensor: str) -> None:
    assert verdict["level"] == "inconclusive"
    assert sensor in verdict["failed"]


def repeat(stop: threading.Event, every_s: float, what: Callable[[], object]) -> threading.Thread:
    def run() -> None:
        while not stop.wait(every_s):
            what()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


@pytest.fixture
def picam(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.syspath_prepend(str(STAND_INS))
    monkeypatch.delitem(sys.modules, "picamera2", raising=False)
    import picamera2

    picamera2.reset()
    before, gpiozero.Device.pin_factory = gpiozero.Device.pin_factory, MockFactory()
    yield picamera2
    gpiozero.Device.pin_factory.reset()
    gpiozero.Device.pin_factory = before
    picamera2.reset()
    sys.modules.pop("picamera2", None)


def test_a_camera_that_freezes(picam: Any) -> None:
    timer = threading.Timer(LIE_AFTER_S, lambda: setattr(picam.Faults, "frozen", True))
    timer.start()
    require_inconclusive(verdicts_of("lens", *SMALL, lasting_s=LIE_AFTER_S + 4.0)[-1], "lens")
    timer.join()


@pytest.mark.parametrize("lie", [{"stuck": 1}, {"constant": 127, "constant_q": 128}])
def test_a_receiver_that_gives_one_block_or_one_value(
    faults: Faults,  # noqa: F811
    use_library: Callable[[Path], None],  # noqa: F811
    full_library: Path,  # noqa: F811
    lie: dict[str, int],
) -> None:
    use_library(full_library)
    faults.set(noise=7)
    timer = threading.Timer(LIE_AFTER_S, lambda: faults.set(**lie))
    timer.start()
    require_inconclusive(verdicts_of("rf", lasting_s=LIE_AFTER_S + 6.0)[-1], "rf")
    timer.join()


def test_a_bluetooth_controller_that_answers_and_hears_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hci, "find_controller", lambda _wanted: 0)
    monkeypatch.setattr(hci, "open_user_channel", lambda _number: FakeController().scapy_socket())
    stop = threading.Event()
    speaking = repeat(stop, 0.05, lambda: [c.say(legacy_report()) for c in FakeController.made])
    timer = threading.Timer(LIE_AFTER_S, stop.set)
    timer.start()
    require_inconclusive(verdicts_of("ble", lasting_s=LIE_AFTER_S + WITHIN_S)[-1], "ble")
    speaking.join()
    while FakeController.made:
        FakeController.made.pop().end()


def beacon(mhz: int, number: int) -> bytes:
    radiotap = struct.pack("<BBHIHH", 0, 0, 12, 1 << 3, mhz, 0xA0)
    sender = bytes.fromhex("0222334455") + bytes((mhz % 251,))
    head = b"\x80\0\0\0" + b"\xff" * 6 + sender * 2 + struct.pack("<H", number % 4096 << 4)
    return radiotap + head + bytes(8) + struct.pack("<HH", 100, 0x411) + b"\0\4home\3\1\1"


class Air:
    """Beacons on whatever channel the adapter was tuned to ``behind_s`` ago; None: it hears nothing."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.behind_s: float | None = 0.0
        self.taps: dict[str, Tap] = {}
        self._numbers = cycle(range(4096))
        self._tuned: list[tuple[float, int]] = []
        kernel.on_add = lambda name: self.taps.update({name: Tap(name, RADIOTAP)})
        kernel.on_remove = lambda name: self.taps.pop(name).close()

    def send(self) -> None:
        now = time.monotonic()
        for tuned in self.kernel.tuned[len(self._tuned) :]:
            self._tuned.append((now, tuned[0]))
        if self.behind_s is None:
            return
        heard = [mhz for at, mhz in self._tuned if at <= now - self.behind_s]
        for tap in list(self.taps.values()) if heard else []:
            with suppress(OSError):  # the interface is not up yet
                tap.hear(beacon(heard[-1], next(self._numbers)))


@needs_root
@pytest.mark.root
@pytest.mark.parametrize("behind_s", [None, 1.0])
def test_an_adapter_that_hears_nothing_or_what_was_a_second_ago(
    behind_s: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def body() -> None:
        kernel, wlan = one_radio(), Tap("wlan0", ETHERNET)
        air, stop = Air(kernel), threading.Event()
        monkeypatch.setitem(
            monitor.PiMonitor.__init__.__kwdefaults__, "connect_wireless", lambda: Wireless(kernel)
        )
        sending = repeat(stop, 0.02, air.send)
        timer = threading.Timer(LIE_AFTER_S, lambda: setattr(air, "behind_s", behind_s))
        timer.start()
        try:
            found = verdicts_of("wifi", lasting_s=LIE_AFTER_S + WITHIN_S)
        finally:
            timer.join()
            stop.set()
            sending.join()
            wlan.close()
        require_inconclusive(found[-1], "wifi")

    in_namespace(body)

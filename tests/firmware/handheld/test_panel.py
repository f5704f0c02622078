"""The handheld application on a simulated panel: presses in, pictures and sounds out."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from firmware.handheld.commands import Home, SetLanguage, SetSound, SetTheme
from firmware.handheld.panel import Panel, PanelStyle
from firmware.handheld.render import render
from firmware.runtime.session import inspect
from firmware.settings.settings import load_settings
from firmware.verdict.commands import BeginInspection, EndInspection, Rescan
from firmware.verdict.engine import Snapshot, Tick
from firmware.verdict.model import Level, Verdict
from hw.clock import ManualClock
from hw.kit import Kit
from hw.sim.panel import SimButtons, SimBuzzer, SimDisplay
from hw.types import ButtonPress
from tests.firmware.sensors import engine_for, station, step
from wifiscan.model import Station

VERDICT = Verdict(
    level=Level.NOTHING_FOUND, probability=0.003, prior=0.005, log_lr=-0.5, share_caught=0.6,
    coverage={"rf": 0.5, "wifi": 0.5, "ble": 0.5, "lens": 0.5}, contributions=(),
)  # fmt: skip
STATION = Station(
    mac="02:00:00:00:00:07", randomised=True, vendor=None, bssid=None, ssid=None, channel_mhz=2437,
    rssi_dbm=-60.0, frames=5, bytes_up=6, bytes_down=7, uplink_bps=None, streaming_score=None, identity=(),
    score=0.1, first_ns=0, last_ns=1,
)  # fmt: skip
S = 1_000_000_000


def snapshot(t_s: float, *, level: Level = Level.NOTHING_FOUND, over: bool = False) -> Snapshot:
    return Snapshot(
        t_ns=round(t_s * S), elapsed_s=t_s, phase="finished" if over else "scanning", inspection=1,
        verdict=replace(VERDICT, level=level), sensors=(), findings=(), observations=(STATION,),
    )  # fmt: skip


class Bench:
    def __init__(self) -> None:
        clock = ManualClock()
        self.display, self.buttons, self.buzzer = (
            SimDisplay(),
            SimButtons(clock=clock),
            SimBuzzer(clock=clock),
        )
        self.panel = Panel(PanelStyle(lang="en", theme="dark", silent=False), until_s=30.0, simulated=True)
        self.panel.attach(
            Kit(spec="sim:x", recorded=False, display=self.display, buttons=self.buttons, buzzer=self.buzzer)
        )

    def tap(self, *buttons: Literal["up", "down", "ok", "back"]) -> None:
        for button in buttons:
            self.buttons.press(button)
            self.panel.poll()


def test_it_draws_ten_times_a_second_and_not_more() -> None:
    bench = Bench()
    for i in range(100):
        bench.panel.watch(snapshot(i * 0.01))
    assert bench.display.shown == 10


def test_what_is_not_drawn_anew_would_have_looked_the_same() -> None:
    """A simulated room, page after page, and then a quiet one: the picture kept is the picture of now."""
    panel = Panel(PanelStyle(lang="ko", theme="dark", silent=True), until_s=20.0, simulated=True)
    drawn: list[bool] = []

    def watch(now: Snapshot) -> bool:
        before = panel.picture
        if len(drawn) in (40, 80):
            panel.press(ButtonPress(t_ns=now.t_ns, button="down", long=False))
        panel.watch(now)
        assert panel.shown is not None
        assert panel.picture is not None
        fresh = render(panel.shown, size=panel.picture.size, mode="RGB", theme="dark")
        assert panel.picture.tobytes() == fresh.tobytes()
        drawn.append(panel.picture is not before)
        return False

    settings = load_settings(overrides=("hw.camera.width_px=320", "hw.camera.height_px=240"))
    done = inspect("sim:wifi-camera", settings, until_s=20.0, live=False, watch=watch, only={"wifi", "ble"})
    busy, last = len(drawn), done.snapshot
    for tenths in range(1, 50):
        watch(replace(last, t_ns=last.t_ns + tenths * S // 10, elapsed_s=last.elapsed_s + tenths / 10))
    assert sum(drawn[:busy]) > busy / 2
    assert sum(drawn[busy:]) < 10


def test_a_press_turns_the_page_at_once() -> None:
    bench = Bench()
    bench.panel.watch(snapshot(1.0))
    home = bench.display.latest
    bench.tap("down")
    bench.panel.watch(snapshot(1.01))
    assert bench.display.shown == 2
    assert home is not None
    assert bench.display.latest is not None
    assert bench.display.latest.tobytes() != home.tobytes()


def test_the_menu_turns_language_theme_and_sound() -> None:
    bench = Bench()
    bench.panel.watch(snapshot(0.1))
    bench.tap("up", "ok", "down", "ok")  # menu → its rows → theme
    assert bench.panel.look.theme == "bright"
    bench.tap("down", "ok")
    assert bench.panel.look.lang == "ko"
    bench.tap("down", "ok")
    assert bench.panel.look.silent


def test_scan_in_the_menu_is_a_new_inspection_for_the_engine() -> None:
    bench = Bench()
    bench.tap("up", "ok")
    bench.buttons.press("ok")
    assert bench.panel.poll() == (Rescan(t_ns=0),)


def test_holding_back_ends_and_holding_ok_begins_an_inspection() -> None:
    bench = Bench()
    bench.buttons.press("back", long=True)
    bench.buttons.press("ok", long=True)
    assert bench.panel.poll() == (EndInspection(t_ns=0), BeginInspection(t_ns=0))


def test_short_presses_belong_to_the_screen() -> None:
    bench = Bench()
    for button in ("up", "down", "back", "ok"):
        bench.buttons.press(button)
    assert bench.panel.poll() == ()


def test_the_same_commands_come_from_elsewhere() -> None:
    panel = Bench().panel
    assert panel.obey(SetLanguage(lang="ko")) == panel.obey(SetTheme(theme="bright")) == ()
    assert panel.obey(SetSound(silent=True)) == ()
    assert (panel.look.lang, panel.look.theme, panel.look.silent) == ("ko", "bright", True)
    panel.watch(snapshot(1.0))
    assert panel.obey(Home(subject=STATION.mac)) == ()
    homing = panel.state(snapshot(2.0)).homing
    assert homing is not None
    assert homing.name == STATION.mac
    assert panel.obey(Rescan(t_ns=5)) == (Rescan(t_ns=5),)


def test_a_rising_level_sounds_and_silence_is_kept_when_asked() -> None:
    loud, silent = Bench(), Bench()
    silent.panel.look = replace(silent.panel.look, silent=True)
    for bench in (loud, silent):
        bench.panel.watch(snapshot(1.0))
        bench.panel.watch(snapshot(2.0, level=Level.LIKELY_CAMERA))
    assert len(loud.buzzer.beeps) == 3
    assert not silent.buzzer.beeps


def test_a_device_is_followed_warmer() -> None:
    bench = Bench()
    bench.panel.watch(snapshot(0.5))
    bench.tap("down", "down", "ok", "ok")  # devices → rows → homing
    for second in range(1, 20):
        heard = replace(STATION, rssi_dbm=-80.0 + 2 * second, last_ns=second * S)
        bench.panel.watch(replace(snapshot(float(second)), observations=(heard,)))
    state = bench.panel.state(snapshot(20.0))
    assert state.page == "homing"
    assert state.homing is not None
    assert state.homing.trend == "warmer"


def test_without_a_kit_it_keeps_the_last_picture() -> None:
    panel = Panel(PanelStyle(lang="ko", theme="dark", silent=True), until_s=None, simulated=False)
    panel.watch(snapshot(1.0, over=True))
    assert panel.picture is not None
    assert panel.picture.size == (320, 240)


def test_a_device_is_homed_in_on_from_the_result_page() -> None:
    engine = engine_for("wifi")
    panel = Panel(PanelStyle(lang="en", theme="dark", silent=True), until_s=None, simulated=True)
    seen = station("aa:00", rssi_dbm=-70.0, last_s=1.0)
    engine.handle(step("wifi", [seen], t_s=1.0, table=(seen,)))
    for command in panel.obey(EndInspection(t_ns=S)):
        engine.obey(command)
    panel.watch(engine.snapshot())
    panel.obey(Home(subject="aa:00"))
    for second in range(2, 20):
        heard = replace(seen, rssi_dbm=-72.0 + second, last_ns=second * S)
        engine.handle(step("wifi", [heard], t_s=float(second), table=(heard,)))
        engine.handle(Tick(t_ns=second * S))
        panel.watch(engine.snapshot())
    shown = panel.shown
    assert shown is not None
    assert not shown.scanning
    assert shown.homing is not None
    assert shown.homing.trend == "warmer"
    assert shown.homing.best is not None
    assert shown.homing.best > -60.0


def test_the_clock_of_the_wall_stands_on_every_picture_and_leaves_turn_with_time() -> None:
    panel = Panel(
        PanelStyle(lang="ko", theme="dark", silent=True), until_s=None, simulated=True, clock=lambda: "15:23"
    )
    for t_s in (0.0, 1.0, 3.0, 6.5):
        panel.draw(snapshot(t_s))
        assert panel.shown is not None
        assert (panel.shown.clock, panel.shown.turn) == ("15:23", int(t_s // 3))

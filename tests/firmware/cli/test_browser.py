"""The browser window of `ansim run --window`: where it is, whether a browser opens, what stays."""

from __future__ import annotations

import threading
from dataclasses import replace as changed

import pytest

from firmware.cli import browser as cli_window
from firmware.cli.browser import has_display, linger, open_window
from firmware.handheld.browser.frame_broker import FrameBroker
from firmware.handheld.panel import Panel, PanelStyle
from firmware.verdict.engine import Snapshot
from firmware.verdict.model import Level, Verdict

VERDICT = Verdict(
    level=Level.CHECK, probability=0.2, prior=0.005, log_lr=3.0, share_caught=0.6,
    coverage={"rf": 0.5, "wifi": 0.5, "ble": 0.5, "lens": 0.5}, contributions=(),
)  # fmt: skip
MOMENT = Snapshot(
    t_ns=7_000_000_000, elapsed_s=7.0, phase="scanning", inspection=1, verdict=VERDICT, sensors=(),
    findings=(),
)  # fmt: skip


def test_the_command_says_where_and_opens_a_browser_only_where_it_can(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(cli_window.webbrowser, "open", opened.append)
    monkeypatch.setattr(cli_window, "has_display", lambda: True)
    for browser in (False, True):
        with open_window(wanted=True, browser=browser, port=0, lang="ko") as broker:
            assert broker is not None
    said = capsys.readouterr().err
    assert said.count("http://127.0.0.1:") == 2
    assert len(opened) == 1
    assert opened[0] in said
    with open_window(wanted=False, browser=True, port=0, lang="ko") as nothing:
        assert nothing is None
    assert len(opened) == 1


def test_a_display_is_looked_for_on_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli_window.sys, "platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert not has_display()
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert has_display()


def test_when_a_recording_is_over_the_pages_can_still_be_turned() -> None:
    broker = FrameBroker("en")
    look = PanelStyle(lang="en", theme="dark", silent=True)
    panel = Panel(look, until_s=None, simulated=False, also_show=broker.show, also_poll=broker.poll)
    seen, asked = [], threading.Event()

    def pause(_: float) -> None:
        frame = broker.latest()
        assert frame is not None
        seen.append(frame.number)
        if len(seen) == 2:
            broker.press("down", long=False)
        if len(seen) == 5:
            asked.set()

    linger(panel, changed(MOMENT, phase="finished"), asked, pause=pause)
    assert seen == [1, 1, 2, 2, 2]

"""The technician's commands as they are typed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from firmware.cli.app import app
from firmware.cli.diag import BOARD_ROWS
from firmware.diag.feed import Feed
from hw.pi.discover import Found
from tests.firmware.diag.moments import short_socket, snapshot

RUNNER = CliRunner()
FOUND = (
    Found(role="sdr", name="RTL2838", usable=True, detail="serial 7", choose='hw.sdr.serial = "7"'),
    Found(role="monitor", name="wlan0", usable=False, hint="It cannot monitor."),
)


def run(*words: str) -> tuple[int, str, str]:
    done = RUNNER.invoke(app, ["diag", *words])
    return done.exit_code, done.stdout, done.stderr


@pytest.mark.parametrize(("lang", "word"), [("en", "Disconnected"), ("ko", "연결 끊김")])
def test_watch_once_prints_one_board(lang: str, word: str, tmp_path: Path) -> None:
    with Feed(short_socket(tmp_path)) as feed:
        feed.publish(snapshot())
        code, out, _ = run("watch", "--once", "--socket", str(feed.path), "--lang", lang)
    assert code == 0
    assert word in out
    assert len(out.splitlines()) == BOARD_ROWS
    assert "\x1b" not in out


@pytest.mark.parametrize("once", [True, False])
def test_watch_without_a_unit_says_what_to_do(once: bool, tmp_path: Path) -> None:
    words = ["watch", "--socket", str(tmp_path / "s"), *(["--once"] if once else [])]
    code, _, err = run(*words)
    assert code == 1
    assert "No running unit" in err
    assert "systemctl" in err


def test_without_textual_the_way_out_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "firmware.diag.watch", None)
    code, _, err = run("watch", "--socket", str(tmp_path / "s"))
    assert code == 3
    assert "[diag]" in err
    assert "--once" in err


def test_commands_other_than_watch_do_not_load_textual() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import sys, firmware.cli.app; print('textual' in sys.modules)"],
        capture_output=True, text=True, check=True, env=os.environ | {"COLUMNS": "80"},
    )  # fmt: skip
    assert done.stdout.strip() == "False"


def test_devices_lists_what_is_there_and_how_to_choose_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firmware.cli.diag.discover", lambda: FOUND)
    code, out, _ = run("devices", "--lang", "en")
    assert code == 0
    for word in ("RTL2838", "serial 7", "hw.sdr.serial", "wlan0", "It cannot monitor."):
        assert word in out
    code, out, _ = run("devices", "--json")
    rows = [json.loads(line) for line in out.splitlines()]
    assert [row["usable"] for row in rows[:2]] == [True, False]
    # The ways to hear 2.4 and 5.8 GHz that are not there, with what each takes.
    assert [row["role"] for row in rows[2:]] == ["survey", "spectral", "sdr", "video_receiver"]
    assert all(row["hint"] and not row["usable"] for row in rows[2:])


def test_no_devices_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firmware.cli.diag.discover", lambda: ())
    code, out, _ = run("devices", "--lang", "en")
    assert (code, "Nothing" in out, "RX5808" in out) == (0, True, True)


def test_check_prints_a_table_with_remedies_and_fails_where_one_fails(tmp_path: Path) -> None:
    faults = "&".join(f"unplug={name}@0" for name in ("rf", "wifi", "ble", "lens"))
    words = ("check", "--kit", f"sim:empty-room?{faults}", "--records", str(tmp_path), "--lang", "en")
    code, out, _ = run(*words)
    assert code == 1
    assert out.count("FAIL") == 5  # four sensors, and that none of them works
    assert "Plug it in again." in out
    assert "5 failed" in out


def test_a_kit_that_is_not_there_is_a_usage_error() -> None:
    code, _, err = run("check", "--kit", "sim:nowhere")
    assert code == 2
    assert "nowhere" in err

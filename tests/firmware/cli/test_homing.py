"""Following one transmitter by its level: the address, the readings as JSON lines, the bell."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console
from typer.testing import CliRunner

from firmware.cli.app import app
from firmware.cli.errors import Exit
from firmware.cli.homing import Bell
from wifiscan.homing import HomingReading

RUNNER = CliRunner()


@pytest.mark.parametrize("mac", ["", "7c:b9:4c", "7c:b9:4c:51:20:0g", "router"])
def test_what_is_no_address_is_refused_with_an_example(mac: str) -> None:
    done = RUNNER.invoke(app, ["scan", "wifi", "--kit", "sim:wifi-camera", "--home", mac])
    assert done.exit_code == 1
    assert "--home 7c:b9:4c:51:20:0f" in " ".join(done.stderr.split())


def test_an_address_with_dashes_is_followed_and_every_reading_is_a_line() -> None:
    words = ["scan", "wifi", "--kit", "sim:wifi-camera", "--home", "7C-B9-4C-51-20-0F"]
    done = RUNNER.invoke(app, [*words, "--duration", "2", "--jsonl"])
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines
    assert {line["type"] for line in lines} == {"homing"}
    assert {line["mac"] for line in lines} == {"7c:b9:4c:51:20:0f"}


@pytest.mark.parametrize(
    ("lang", "never", "heard"),
    [("en", "was never heard", "was heard"), ("ko", "한 번도 듣지 못했습니다", "신호를 들었습니다")],
)
def test_it_ends_with_a_sentence_and_a_code_that_say_whether_it_was_heard(
    lang: str, never: str, heard: str
) -> None:
    words = ["scan", "wifi", "--kit", "sim:wifi-camera", "--duration", "2", "--lang", lang, "--home"]
    silent = RUNNER.invoke(app, [*words, "02:00:00:00:00:77"])
    assert silent.exit_code == Exit.INCONCLUSIVE
    assert never in silent.stderr
    assert "02:00:00:00:00:77" in silent.stderr
    there = RUNNER.invoke(app, [*words, "30:7b:c9:42:1e:8a", "--jsonl"])
    assert there.exit_code == 0
    assert heard in there.stderr


def reading(*, bar: float, beep_hz: float | None = 4.0) -> HomingReading:
    return HomingReading(
        t_ns=0, mac="7c:b9:4c:51:20:0f", trend="warmer", level_dbm=-50.0, bar=bar, beep_hz=beep_hz
    )


@pytest.mark.parametrize(("terminal", "beep_hz", "rings"), [(True, 4.0, 1), (True, None, 0), (False, 4.0, 0)])
def test_the_bell_rings_only_where_somebody_listens_and_something_is_heard(
    terminal: bool, beep_hz: float | None, rings: int
) -> None:
    heard = io.StringIO()
    bell = Bell(Console(file=heard, force_terminal=terminal))
    for _ in range(5):  # at once, one after the other: the next ring is due only later
        bell.ring(reading(bar=0.5, beep_hz=beep_hz))
    assert heard.getvalue().count("\a") == rings

"""The log: nothing hostile gets through, and it never fills the disk."""

from __future__ import annotations

import io
import json
import logging
import os
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import firmware.log as log_module
from firmware.log import TEXT_LIMIT, configure_log, default_style, get_logger, printable

HOSTILE = "cam\x1b[2J\x1b]0;owned\x07\r\nFAKE LINE\u202e"


@pytest.fixture(autouse=True)
def _leave_the_log_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield
    for handler in [h for h in root.handlers if h not in before]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)


@given(st.text())
def test_whatever_comes_is_made_printable_and_short(text: str) -> None:
    safe = printable(text)
    assert all(unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Zl", "Zp"} for c in safe)
    assert len(safe) <= 10 * TEXT_LIMIT + 40


def test_korean_stays_readable() -> None:
    assert printable("불법촬영 카메라") == "불법촬영 카메라"


@pytest.mark.parametrize("style", ["words", "json"])
def test_a_hostile_name_is_spelled_out_on_one_line(style: str) -> None:
    stream = io.StringIO()
    configure_log(verbose=1, style=style, stream=stream)  # type: ignore[arg-type]
    get_logger("test").info("network seen", ssid=HOSTILE, raw=HOSTILE.encode(), many=[HOSTILE])
    written = stream.getvalue()
    assert written.count("\n") == 1
    assert "\x1b" not in written
    assert "\u202e" not in written
    assert "network seen" in written


def test_json_lines_are_json() -> None:
    stream = io.StringIO()
    configure_log(verbose=1, style="json", stream=stream)
    get_logger("test").info("step", sense="rf", steps=3)
    row = json.loads(stream.getvalue())
    assert (row["event"], row["sense"], row["steps"], row["level"], row["logger"]) == (
        "step",
        "rf",
        3,
        "info",
        "test",
    )


def test_quiet_unless_asked() -> None:
    stream = io.StringIO()
    configure_log(stream=stream)
    get_logger("test").info("nobody asked")
    get_logger("test").warning("this matters")
    assert "nobody asked" not in stream.getvalue()
    assert "this matters" in stream.getvalue()


def test_a_crash_shows_its_trace() -> None:
    stream = io.StringIO()
    configure_log(style="json", stream=stream)
    try:
        raise RuntimeError(HOSTILE)
    except RuntimeError:
        get_logger("test").exception("sense crashed")
    row = json.loads(stream.getvalue())
    assert "Traceback" in row["exception"]
    assert "\x1b" not in row["exception"]


def test_the_file_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_module, "FILE_BYTES", 2_000)
    configure_log(verbose=1, file=tmp_path / "log" / "ansim.log", stream=io.StringIO())
    for i in range(500):
        get_logger("test").info("step", number=i)
    files = list((tmp_path / "log").iterdir())
    assert len(files) == log_module.FILE_COUNT + 1
    assert sum(f.stat().st_size for f in files) <= 2_000 * len(files)
    assert '"number": 499' in (tmp_path / "log" / "ansim.log").read_text()


def test_setting_it_up_twice_writes_once() -> None:
    first, second = io.StringIO(), io.StringIO()
    configure_log(stream=first)
    configure_log(stream=second)
    get_logger("test").warning("once")
    assert first.getvalue() == ""
    assert second.getvalue().count("once") == 1


def test_journald_gets_json_and_a_terminal_gets_words(tmp_path: Path) -> None:
    with (tmp_path / "journal").open("w") as stream:
        here = os.fstat(stream.fileno())
        named = {"JOURNAL_STREAM": f"{here.st_dev}:{here.st_ino}"}
        assert default_style(named, descriptor=stream.fileno()) == "json"
        assert default_style({}, descriptor=stream.fileno()) == "words"
        # standard error was sent elsewhere afterwards: systemd's word is about the old one
        assert default_style({"JOURNAL_STREAM": "8:1"}, descriptor=stream.fileno()) == "words"
        closed = stream.fileno()
    assert default_style(named, descriptor=closed) == "words"


def test_the_service_logs_json_without_being_told(tmp_path: Path) -> None:
    script = "import os; from firmware.log import configure_log, get_logger; "
    script += "s = os.fstat(2); os.environ['JOURNAL_STREAM'] = f'{s.st_dev}:{s.st_ino}'; "
    script += "configure_log(); get_logger('x').warning('here', n=1)"
    with (tmp_path / "journal").open("w") as stream:
        subprocess.run([sys.executable, "-c", script], stderr=stream, check=True)
    (line,) = (tmp_path / "journal").read_text().splitlines()
    assert json.loads(line)["event"] == "here"

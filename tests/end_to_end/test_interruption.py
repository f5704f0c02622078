"""Ctrl-C and SIGTERM end a run at any moment: with a verdict line, everything stored, and its exit code."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from firmware.cli.errors import LEVEL_EXIT, Exit
from firmware.records.reader import open_reader
from hw.replay.manifest import read_manifest

pytestmark = pytest.mark.slow
PATIENCE_S = 280.0
# A process that sends itself a real signal: before its code is loaded, when a kit is opened, at a moment of
# the session's own time, or while the record is being written.
CHILD = """
import os, signal, sys, threading, time
from firmware.cli.app import main
from firmware.runtime import interruption

# Run in the background, it inherits that Ctrl-C is ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
when, number = sys.argv.pop(1), int(sys.argv.pop(1))
word, _, after = when.partition("@")

def press():
    os.kill(os.getpid(), number)

if word == "import":
    import firmware.cli.scan_commands
    class Press:
        def find_spec(self, name, *rest):
            if name == "firmware.cli.scan":
                press()
    sys.meta_path.insert(0, Press())
elif word == "opening":
    import firmware.runtime.session as session
    opened = session.open_sensors
    def opening(*args, **named):
        press()
        return opened(*args, **named)
    session.open_sensors = opening
elif word == "session":
    from firmware.verdict.engine import Engine
    real, done = Engine.snapshot, []
    def snapshot(self):
        seen = real(self)
        if seen.elapsed_s >= float(after) and not done:
            done.append(press())
        return seen
    Engine.snapshot = snapshot
elif word == "killed":
    import firmware.cli.scan as scanning
    scanning.inspect = lambda *_args, **_named: press()
elif word == "twice":
    import firmware.cli.scan as scanning
    def twice(*_args, **_named):
        press()
        press()
    scanning.inspect = twice
elif word == "storing":
    import firmware.cli.keep as keep
    stored = keep.keep_scan
    def storing(*args, **named):
        press()
        return stored(*args, **named)
    keep.keep_scan = storing
main()
"""


@dataclass(frozen=True)
class Ended:
    """What a process left: exit code and words."""

    code: int
    out: str
    err: str

    def verdict(self) -> dict[str, object]:
        """Return the last line, which must be a verdict."""
        line: dict[str, object] = json.loads(self.out.splitlines()[-1])
        assert line["type"] == "verdict"
        return line


def run(folder: Path, when: str, number: signal.Signals, *words: str) -> Ended:
    """Run a command that is interrupted at a moment."""
    home = {"HOME": str(folder), "XDG_DATA_HOME": str(folder / "data"), "XDG_CONFIG_HOME": str(folder)}
    done = subprocess.run(
        [sys.executable, "-c", CHILD, when, str(int(number)), *words],
        env={**os.environ, **home}, cwd=Path.cwd(), capture_output=True, text=True, timeout=PATIENCE_S,
        check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return Ended(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_before_anything_was_opened_there_is_no_verdict_and_the_code_says_so(
    tmp_path: Path, number: signal.Signals
) -> None:
    ended = run(tmp_path, "import", number, "scan", "wifi", "--kit", "sim:wifi-camera", "--jsonl")
    assert (ended.code, ended.out) == (Exit.INTERRUPTED, "")


@pytest.mark.parametrize(
    ("sensor", "when", "number"),
    [
        ("wifi", "opening", signal.SIGINT),
        ("ble", "session@0.3", signal.SIGTERM),
        ("all", "session@2", signal.SIGINT),
    ],
)
def test_below_the_minimum_it_is_inconclusive_and_everything_is_stored(
    tmp_path: Path, sensor: str, when: str, number: signal.Signals
) -> None:
    record, kept = tmp_path / "session", sensor in {"all", "ble"}
    keep = ("--keep", "Site/Room/3", "--set", f"records.folder={tmp_path / 'records'}") if kept else ()
    ended = run(
        tmp_path, when, number,
        "scan", sensor, "--kit", "sim:empty-room?unplug=rf@0&unplug=lens@0", "--jsonl",
        "--record", str(record), *keep,
    )  # fmt: skip
    said = ended.verdict()
    assert (said["level"], said["interrupted"]) == ("inconclusive", True)
    assert ended.code == Exit.INCONCLUSIVE
    manifest = read_manifest(record)
    assert manifest is not None
    assert manifest.parts
    if kept:
        with open_reader(tmp_path / "records") as store:
            assert [row.level for row in store.listed()] == ["inconclusive"]
            assert store.verify().whole


@pytest.mark.parametrize(("when", "interrupted"), [("session@20", True), ("storing", False)])
def test_an_alarm_that_was_shown_is_kept_said_and_decides_the_code(
    tmp_path: Path, when: str, interrupted: bool
) -> None:
    ended = run(
        tmp_path, when, signal.SIGINT,
        "scan", "all", "--kit", "sim:wifi-camera?unplug=rf@0&unplug=lens@0", "--duration", "24", "--jsonl",
        "--keep", "Site/Room/3", "--set", f"records.folder={tmp_path / 'records'}",
    )  # fmt: skip
    said = ended.verdict()
    assert said["level"] in {"check", "likely_camera"}
    assert said.get("interrupted", False) is interrupted
    assert ended.code == LEVEL_EXIT[str(said["level"])] == Exit.SUSPICIOUS
    with open_reader(tmp_path / "records") as store:
        assert [row.level for row in store.listed()] == [said["level"]]


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_in_words_the_answer_says_after_how_much_it_was_interrupted(tmp_path: Path, lang: str) -> None:
    ended = run(
        tmp_path, "session@2", signal.SIGINT, "scan", "wifi", "--kit", "sim:empty-room", "--lang", lang
    )
    assert ended.code == Exit.INCONCLUSIVE
    words = {
        "ko": (r"^2\.\d초에 중단되었습니다", "판단 불가"),
        "en": (r"^Interrupted after 2\.\d s", "Inconclusive"),
    }
    assert all(re.search(word, ended.out, re.MULTILINE) for word in words[lang]), ended.out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_handheld_ends_with_its_verdict_record_and_session(
    tmp_path: Path, number: signal.Signals
) -> None:
    ended = run(
        tmp_path, "session@1", number,
        "run", "--kit", "sim:wifi-camera", "--duration", "60", "--lang", "en",
        "--screen", str(tmp_path / "s.png"),
        "--record", str(tmp_path / "session"), "--place", "Site/Room/3",
        "--set", f"records.folder={tmp_path / 'records'}",
    )  # fmt: skip
    assert "Inconclusive" in ended.out
    assert ended.code == Exit.INCONCLUSIVE
    assert read_manifest(tmp_path / "session") is not None
    assert (tmp_path / "s.png").is_file()
    with open_reader(tmp_path / "records") as store:
        assert [row.level for row in store.listed()] == ["inconclusive"]


def events(folder: Path) -> list[str]:
    with open_reader(folder / "records") as store:
        assert store.verify().whole
        said = [json.loads(entry.body or b"{}") for entry in store.entries()]
    return [str(one.get("event", one["kind"])) for one in said]


@pytest.mark.parametrize("sensor", ["all", "ble"])
def test_a_kept_scan_that_is_cut_leaves_its_beginning_and_its_end_in_the_chain(
    tmp_path: Path, sensor: str
) -> None:
    scan = ("scan", sensor, "--kit", "sim:empty-room?unplug=rf@0&unplug=lens@0", "--lang", "en")
    keep = ("--keep", "Site/Room/3", "--set", f"records.folder={tmp_path / 'records'}")
    twice = run(tmp_path, "twice", signal.SIGINT, *scan, *keep)
    assert (twice.code, events(tmp_path)) == (Exit.INTERRUPTED, ["begun", "abandoned"])
    killed = run(tmp_path, "killed", signal.SIGKILL, *scan, *keep)
    assert (killed.code, events(tmp_path)) == (-signal.SIGKILL, ["begun", "abandoned", "begun"])
    after = run(tmp_path, "session@2", signal.SIGINT, *scan, *keep)
    assert "was cut before it had a result" in after.err
    assert events(tmp_path) == ["begun", "abandoned", "begun", "abandoned", "begun", "scan"]

"""The command line loads what a command needs, and its table says what the commands say of themselves."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from firmware.cli.app import Commands, app
from firmware.cli.lazy import CommandEntry, LazyGroup
from firmware.cli.scan_commands import Scans

RUNNER = CliRunner()
HEAVY = ("numpy", "scipy", "cv2", "scapy", "pydantic", "PIL", "babel", "structlog", "cryptography")
PROGRAM = """
import sys
sys.argv = ["ansim", *sys.argv[1:]]
from firmware.cli.app import main
try:
    main()
except SystemExit as end:
    print("LOADED", *sorted(m for m in sys.modules if "." not in m), "CODE", end.code)
"""
ENTRIES = [*Commands.table, *Scans.table]


def loaded(*words: str) -> tuple[set[str], int]:
    """Return the top-level modules of an `ansim` process at its end, and its exit code."""
    environment = {**os.environ, "COLUMNS": "200"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words], capture_output=True, text=True, env=environment, check=True
    )
    line = next(line for line in reversed(done.stdout.splitlines()) if line.startswith("LOADED"))
    names, _, code = line.removeprefix("LOADED ").partition(" CODE ")
    return set(names.split()), int(code)


def test_the_version_loads_nothing_that_measures_draws_or_stores() -> None:
    modules, code = loaded("--version")
    assert code == 0
    assert modules.isdisjoint({*HEAVY, "rich"})


@pytest.mark.parametrize(
    "words", [("--help",), ("scan", "--help"), ("run", "--help"), ("scan", "rf", "--help")]
)
def test_a_help_page_loads_no_sensor(words: tuple[str, ...]) -> None:
    modules, code = loaded(*words)
    assert code == 0
    assert modules.isdisjoint(set(HEAVY) - {"pydantic"})  # the parser's own


@pytest.mark.parametrize("words", [("scna",), ("scan", "rf", "--kti", "pi"), ("run", "--port", "-1")])
def test_wrong_words_are_a_usage_error_before_anything_is_loaded(words: tuple[str, ...]) -> None:
    modules, code = loaded(*words)
    assert code == 2
    assert modules.isdisjoint(set(HEAVY) - {"pydantic"})


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: e.name)
def test_the_table_says_of_a_command_what_the_command_says_of_itself(entry: CommandEntry) -> None:
    command = entry.load()
    assert command.name == entry.name
    assert " ".join(command.help.split("\n\n")[0].split()) == entry.line


def test_a_near_miss_is_told_the_command_that_was_meant() -> None:
    done = RUNNER.invoke(app, ["reprot"], env={"COLUMNS": "200"})
    assert done.exit_code == 2
    assert "report" in done.stderr


def test_a_group_lists_its_table_in_order_then_its_own_commands() -> None:
    class Two(LazyGroup):
        table = (
            CommandEntry(name="b", target="x:y", line="B."),
            CommandEntry(name="a", target="x:y", line="A."),
        )

    assert list(Two(name="two").commands) == ["b", "a"]


def test_a_plain_run_loads_neither_the_store_of_records_nor_the_feed_nor_a_web_server() -> None:
    code = "import sys, firmware.cli.run; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    names = set(done.stdout.split())
    assert "firmware.runtime.session" in names
    assert names.isdisjoint(
        {"firmware.records.store", "firmware.inspection.controller", "firmware.diag.feed"}
    )
    assert "firmware.handheld.browser.server" not in names

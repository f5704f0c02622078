"""The house stays a house: floors, file sizes, no rooms without names."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("firmware", "sweeper", "lensdetect", "wifiscan", "hw")
SOURCES = sorted(p for package in PACKAGES for p in (ROOT / package).rglob("*.py"))
NAMELESS = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"}
LONGEST = 400


def test_imports_go_down_only() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_file_is_longer_than_400_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_room_has_a_name(path: Path) -> None:
    parts = {*path.relative_to(ROOT).with_suffix("").parts}
    assert not parts & NAMELESS


def test_there_are_sources_to_look_at() -> None:
    assert len(SOURCES) > 20

"""The wheel: the same sources give the same bytes, and it holds what the program reads at run time."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("firmware", "sweeper", "lensdetect", "wifiscan", "hw")
BUILD = "from hatchling.build import build_wheel; print(build_wheel({target!r}))"
needs_backend = pytest.mark.skipif(
    importlib.util.find_spec("hatchling") is None,
    reason="the build backend is not installed: pip install -e .[dev]",
)


def built(sources: Path, target: Path) -> Path:
    """Build a copy of the sources, whose files have other times, and return the wheel."""
    shutil.copytree(ROOT, sources, ignore=lambda folder, names: _left_out(Path(folder), names))
    target.mkdir()
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1764547200"}
    command = [sys.executable, "-c", BUILD.format(target=str(target))]
    subprocess.run(command, cwd=sources, env=environment, check=True, capture_output=True)
    (wheel,) = target.glob("*.whl")
    return wheel


def _left_out(folder: Path, names: list[str]) -> set[str]:
    kept = {*PACKAGES, "pyproject.toml", "README.md", "LICENSE"}
    return set(names) - kept if folder == ROOT else {n for n in names if n == "__pycache__"}


@needs_backend
def test_two_builds_give_the_same_bytes(tmp_path: Path) -> None:
    first, second = (built(tmp_path / f"src{n}" / ("deeper" * n), tmp_path / f"out{n}") for n in (1, 2))
    assert first.name == second.name
    assert first.read_bytes() == second.read_bytes()
    names = zipfile.ZipFile(first).namelist()
    read_at_run_time = ("firmware/records/schema.sql", "firmware/py.typed", "firmware/verdict/minimums.toml")
    for path in (*read_at_run_time, "firmware/records/ansim_verify.html"):
        assert path in names
    assert not [n for n in names if n.startswith("tests/") or "__pycache__" in n]

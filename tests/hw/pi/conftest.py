"""A librtlsdr without a dongle, compiled here, and a file in which a test writes its faults."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def _compile(folder: Path, *flags: str) -> Path:
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler to build the stand-in librtlsdr with")
    library = folder / "librtlsdr.so.0"
    source = str(HERE / "standin_rtlsdr.c")
    subprocess.run(
        [
            compiler,
            "-O1",
            "-shared",
            "-fPIC",
            *flags,
            "-Wl,-soname,librtlsdr.so.0",
            "-o",
            str(library),
            source,
        ],
        check=True,
    )
    (folder / "librtlsdr.so").symlink_to(library)
    return folder


@pytest.fixture(scope="session")
def full_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a librtlsdr with all that pyrtlsdr binds."""
    return _compile(tmp_path_factory.mktemp("rtlsdr"))


@pytest.fixture(scope="session")
def debian_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a librtlsdr with what Debian's exports."""
    return _compile(tmp_path_factory.mktemp("rtlsdr-osmocom"), "-DOSMOCOM")


class Faults:
    """The stand-in's switches and its diary."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "faults"
        self.diary_file = folder / "diary"
        self.set()

    def set(self, **faults: int) -> None:
        self.file.write_text("".join(f"{key} {value}\n" for key, value in faults.items()))

    def diary(self) -> list[str]:
        return self.diary_file.read_text().splitlines() if self.diary_file.exists() else []


@pytest.fixture
def faults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Faults:
    switches = Faults(tmp_path)
    monkeypatch.setenv("STANDIN_RTLSDR", str(switches.file))
    monkeypatch.setenv("STANDIN_LOG", str(switches.diary_file))
    return switches


@pytest.fixture
def use_library(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path], None]]:
    """Make the next ``import rtlsdr`` load the library in a folder; forget it afterwards."""

    def _use(folder: Path) -> None:
        _forget()
        monkeypatch.setenv("LD_LIBRARY_PATH", str(folder))

    yield _use
    _forget()


def _forget() -> None:
    for name in [n for n in sys.modules if n.split(".")[0] == "rtlsdr"]:
        del sys.modules[name]

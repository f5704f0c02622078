"""Drivers without a device, compiled here, and files in which a test writes their faults."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hw.errors import MissingComponent
from hw.pi.libsoapy import load_soapy

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


@pytest.fixture(scope="session")
def soapy_module(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a SoapySDR module without a receiver, in which the real SoapySDR looks for modules."""
    return build_soapy_module(tmp_path_factory.mktemp("soapy"))


def build_soapy_module(folder: Path) -> Path:
    """Compile the module into a folder and let SoapySDR find it; skip where that cannot be done."""
    compiler = shutil.which("g++")
    if compiler is None:
        pytest.skip("no C++ compiler to build the SoapySDR stand-in with")
    try:
        load_soapy()
    except MissingComponent as error:
        pytest.skip(f"{error.what}: no library to load the stand-in with")
    source, library = str(HERE / "soapy_standin.cpp"), str(folder / "libstandin.so")
    built = subprocess.run(
        [compiler, "-O2", "-shared", "-fPIC", "-o", library, source, "-lSoapySDR"], capture_output=True
    )
    if b"SoapySDR/Device.hpp" in built.stderr:
        pytest.skip("no headers of SoapySDR (libsoapysdr-dev) to build its stand-in with")
    assert built.returncode == 0, built.stderr.decode()
    os.environ["SOAPY_SDR_PLUGIN_PATH"] = str(folder)
    return folder


class SoapyFaults:
    """The SoapySDR stand-in's air, its faults and its diary."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "soapy-faults"
        self.diary_file = folder / "soapy-diary"
        self.set()

    def set(self, *cameras: str, **faults: object) -> None:
        lines = [f"{key} {value}" for key, value in faults.items()] + [f"camera {each}" for each in cameras]
        self.file.write_text("\n".join(lines) + "\n")

    def diary(self) -> list[str]:
        return self.diary_file.read_text().splitlines() if self.diary_file.exists() else []


@pytest.fixture
def soapy(soapy_module: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SoapyFaults:
    switches = SoapyFaults(tmp_path)
    monkeypatch.setenv("STANDIN_SOAPY", str(switches.file))
    monkeypatch.setenv("STANDIN_LOG", str(switches.diary_file))
    return switches

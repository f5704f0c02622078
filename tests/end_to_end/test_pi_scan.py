"""A live scan of the Pi's own devices ends with a verdict, and its recording with a manifest."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import gpiozero
import pytest
from gpiozero.pins.mock import MockFactory
from typer.testing import CliRunner

from firmware.cli.app import app

STAND_INS = Path(__file__).parents[1] / "hw" / "pi" / "standin"
SMALL = ("--set", "hw.camera.width_px=320", "--set", "hw.camera.height_px=240")
VERDICTS = {0, 10, 11}


@pytest.fixture(autouse=True)
def pi(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The stand-in camera library, and pins in memory."""
    monkeypatch.syspath_prepend(str(STAND_INS))
    monkeypatch.delitem(sys.modules, "picamera2", raising=False)
    import picamera2

    picamera2.reset()
    before, gpiozero.Device.pin_factory = gpiozero.Device.pin_factory, MockFactory()
    yield
    gpiozero.Device.pin_factory.reset()
    gpiozero.Device.pin_factory = before
    sys.modules.pop("picamera2", None)


@pytest.mark.parametrize("command", [("scan", "lens"), ("scan", "all")])
@pytest.mark.parametrize("recorded", [False, True])
def test_a_live_scan_ends_with_a_verdict(command: tuple[str, str], recorded: bool, tmp_path: Path) -> None:
    folder = tmp_path / "session"
    record = ("--record", str(folder)) if recorded else ()
    done = CliRunner().invoke(
        app, [*command, "--kit", "pi", "--duration", "1", "--lang", "en", *SMALL, *record]
    )
    assert done.exit_code in VERDICTS, done.stderr
    assert "hidden camera" in done.stdout.lower()
    if recorded:
        assert (folder / "manifest.toml").is_file()
        assert not (folder / "manifest.toml.part").exists()
        assert folder.stat().st_mode & 0o077 == 0  # it holds what strangers send
    assert ("stored as they are" in done.stderr) == recorded


def test_a_live_session_is_recorded_to_its_end(tmp_path: Path) -> None:
    folder = tmp_path / "session"
    done = CliRunner().invoke(
        app, ["session", "record", str(folder), "--yes", "--kit", "pi", "--duration", "1", *SMALL]
    )
    assert done.exit_code in VERDICTS, done.output
    assert (folder / "manifest.toml").is_file()

"""What a Raspberry Pi gets by its model: only what its row says, below every file and option."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

from firmware.settings import settings as settings_module
from firmware.settings.pi_model import board_name, board_settings
from firmware.settings.settings import Settings, load_with_origins

NOWHERE = Path("/nonexistent/ansim.toml")
ROWS = tomllib.loads((files("firmware.settings") / "pi_models.toml").read_text(encoding="utf-8"))["board"]


def named(tmp_path: Path, name: bytes) -> str:
    path = tmp_path / "model"
    path.write_bytes(name)
    return board_name(path)


def test_the_name_of_the_device_tree(tmp_path: Path) -> None:
    assert named(tmp_path, b"Raspberry Pi 4 Model B Rev 1.5\0") == "Raspberry Pi 4 Model B Rev 1.5"
    assert named(tmp_path, b"linux,dummy-virt\0") == ""
    assert named(tmp_path, b"Raspberry Pi \x1b[2J\0") == ""
    assert len(named(tmp_path, b"Raspberry Pi " + b"9" * 10_000)) <= 80
    assert board_name(tmp_path / "none") == ""


@pytest.mark.parametrize("row", ROWS, ids=[row["model"] for row in ROWS])
def test_every_row_is_a_valid_setting(row: dict[str, object]) -> None:
    told = board_settings(f"{row['model']} Model B Rev 1.0")
    assert told == {key: value for key, value in row.items() if key != "model"}
    assert Settings.model_validate(told) != Settings()


def test_an_unknown_board_keeps_the_packaged_settings() -> None:
    assert board_settings("Raspberry Pi 9") == {}


def test_it_is_said_and_every_other_layer_goes_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings_module, "board_name", lambda: "Raspberry Pi Zero 2 W Rev 1.0")
    chosen, origins = load_with_origins(machine_file=NOWHERE)
    assert (chosen.hw.camera.width_px, chosen.hw.camera.rate_hz) == (640, 10.0)
    assert origins["hw.camera.rate_hz"] == "chosen for Raspberry Pi Zero 2 W Rev 1.0"
    own = tmp_path / "ansim.toml"
    own.write_text("hw.camera.rate_hz = 20.0\n", encoding="utf-8")
    mine, origins = load_with_origins(machine_file=own)
    assert (mine.hw.camera.width_px, mine.hw.camera.rate_hz) == (640, 20.0)
    assert origins["hw.camera.rate_hz"] == str(own)

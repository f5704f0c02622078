"""The overlay writes each new picture once, as a film or as a folder of pictures."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest
from typer.testing import CliRunner

from firmware.cli.app import app

SMALL = [
    "--set",
    "hw.camera.width_px=320",
    "--set",
    "hw.camera.height_px=240",
    "--set",
    "hw.camera.rate_hz=30",
]


@pytest.mark.parametrize("name", ["seen.mp4", "seen"])
def test_pictures_are_drawn(name: str, tmp_path: Path) -> None:
    target = tmp_path / name
    words = ["scan", "lens", "--kit", "sim:card-camera", "--duration", "3", "--overlay", str(target), *SMALL]
    done = CliRunner().invoke(app, words, catch_exceptions=False)
    assert done.exit_code in {0, 10, 11}
    if target.suffix:
        film = cv2.VideoCapture(str(target))
        assert int(film.get(cv2.CAP_PROP_FRAME_COUNT)) >= 4
    else:
        pictures = [cv2.imread(str(p)) for p in sorted(target.glob("*.png"))]
        assert len(pictures) >= 4
        assert all(p is not None and p.shape == (240, 320, 3) for p in pictures)


def test_a_folder_that_is_not_there_is_one_clear_error(tmp_path: Path) -> None:
    words = ["scan", "lens", "--kit", "sim:card-camera", "--overlay", str(tmp_path / "no" / "film.mp4")]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 1
    assert "no folder" in done.stderr.replace("\n", " ")


def test_a_calibration_is_stored_and_read_back(tmp_path: Path) -> None:
    words = ["calibrate", "lens", "--kit", "sim:empty-room", "--out", str(tmp_path), *SMALL]
    done = CliRunner().invoke(app, words, catch_exceptions=False)
    assert done.exit_code == 0
    assert (tmp_path / "lens.toml").read_text(encoding="utf-8").startswith("version = ")


def test_the_units_own_lines_are_learned_and_masked(tmp_path: Path) -> None:
    ranges = ["--set", "rf.ranges_hz=[[1058e6, 1072e6]]"]  # 1065.6 MHz is a multiple of the 28.8 MHz crystal
    words = [
        "calibrate",
        "rf",
        "--kit",
        "sim:empty-room",
        "--out",
        str(tmp_path),
        "--runs",
        "2",
        *ranges,
        *SMALL,
    ]
    done = CliRunner().invoke(app, words, catch_exceptions=False)
    assert done.exit_code == 0
    profile = (tmp_path / "rf.json").read_text(encoding="utf-8")
    assert "1065" in profile

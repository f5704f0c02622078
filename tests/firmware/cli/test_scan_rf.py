"""What `scan rf` leaves when asked: plot, picture, and what is local compared with another place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image
from typer.testing import CliRunner

from firmware.cli.app import app
from firmware.report.sweep import spectrum_line
from sweeper.views import SpectrumView

RANGES = ["--set", "rf.ranges_hz=[[1150e6, 1170e6]]"]


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["scan", "rf", "--lang", "en", *words], catch_exceptions=False)
    return done.exit_code, (done.stdout + done.stderr).replace("\n", " ")


def test_plot_and_picture_of_an_analog_camera(tmp_path: Path) -> None:
    plot, picture = tmp_path / "plot.png", tmp_path / "picture.png"
    kit = ["--kit", "sim:analog-camera", "--duration", "3", *RANGES]
    code, _ = run(*kit, "--plot", str(plot), "--picture", str(picture))
    assert code == 10
    with Image.open(plot) as drawn, Image.open(picture) as seen:
        assert drawn.size[0] > 800
        shown = np.asarray(seen)
    assert shown.shape == (576, 768)
    assert shown.std() > 10  # a picture of something, not a grey field


def test_an_empty_room_has_no_picture(tmp_path: Path) -> None:
    picture = tmp_path / "picture.png"
    _, said = run("--kit", "sim:empty-room", "--duration", "2", *RANGES, "--picture", str(picture))
    assert "No picture" in said
    assert not picture.exists()


def test_what_the_corridor_did_not_have_is_local(tmp_path: Path) -> None:
    corridor = tmp_path / "corridor"
    run("--kit", "sim:empty-room", "--duration", "2", *RANGES, "--record", str(corridor))
    here = ["--kit", "sim:analog-camera", "--duration", "2", *RANGES]
    _, said = run(*here, "--reference", str(corridor))
    assert "Local here: 0" not in said
    _, same = run("--kit", "sim:empty-room?seed=4", "--duration", "2", *RANGES, "--reference", str(corridor))
    assert "Local here: 0" in same


def test_the_line_stands_high_where_the_level_does() -> None:
    level = np.zeros(200, np.float32)
    level[100] = 40.0
    flat = np.zeros(200, np.float32)
    view = SpectrumView(frequency_hz=np.arange(200.0), mean_db=flat, peak_db=level, floor_db=flat)
    line = spectrum_line(view, columns=20)
    assert len(line) == 20
    assert line.index("█") == 10
    assert line.count(" ") == 19

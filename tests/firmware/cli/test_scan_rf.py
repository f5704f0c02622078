"""What `scan rf` leaves when asked: plot, picture, and what is local compared with another place."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from firmware.cli.app import app
from firmware.report.sweep import spectrum_line
from sweeper.views import SpectrumView
from tests.hw.formats import spectral_writer as write

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


def spectral_dump(path: Path, *, carrier: bool, seed: int = 4) -> Path:
    """Two rounds over five channels at 2.4 GHz, with a moving carrier on A/V channel 1 or without."""
    rng, records, t_us = np.random.default_rng(seed), [], 0
    for mhz in [2412, 2417, 2422, 2427, 2432] * 2:
        places = mhz + (np.arange(56) + 0.5 - 28) * 22 / 64
        for _ in range(12):
            magnitudes = rng.rayleigh(6.0, 56)
            at = 2414 + rng.uniform(-1.5, 1.5)
            heard = carrier and places[0] <= at <= places[-1]
            if heard:
                magnitudes[np.abs(places - at).argmin()] = 1800
            records.append(write.ht20(magnitudes, mhz=mhz, tsf_us=t_us, rssi=45 if heard else 2))
            t_us += 1500
        t_us += 20_000
    path.write_bytes(b"".join(records))
    return path


def test_a_spectral_dump_is_told_by_its_content_and_its_carrier_is_a_check(tmp_path: Path) -> None:
    dump, plot = spectral_dump(tmp_path / "noname.bin", carrier=True), tmp_path / "plot.png"
    code, said = run("--kit", f"replay:{dump}", "--plot", str(plot))
    assert code == 10
    assert "Steady carrier (2.4G ch1" in said
    assert "on for 100% of the" in said
    assert "120 spectra" in said
    with Image.open(plot) as drawn:
        assert drawn.size[0] > 800
    code, said = run("--kit", f"replay:{dump}", "--lang", "ko")
    assert "끊김 없는 전파" in said
    done = CliRunner().invoke(
        app, ["scan", "rf", "--kit", f"replay:{dump}", "--jsonl"], catch_exceptions=False
    )
    (line,) = [x for x in map(json.loads, done.stdout.splitlines()) if x.get("kind") == "steady-carrier"]
    assert line["center_hz"] == pytest.approx(2414e6, abs=1e6)
    assert line["bandwidth_hz"] > 1e6
    assert line["measures"]["duty"] == 1.0


def test_a_spectral_dump_without_a_carrier_raises_nothing_and_says_what_it_covers(tmp_path: Path) -> None:
    dump, picture = spectral_dump(tmp_path / "scan.dump", carrier=False), tmp_path / "picture.png"
    code, said = run("--kit", f"replay:{dump}", "--picture", str(picture))
    assert code == 11
    assert "Steady carrier" not in said
    assert "only 2.4 and 5.8 GHz" in said or "at 2.4 and 5.8 GHz only" in said
    assert "No picture" in said
    assert not picture.exists()


def test_the_line_stands_high_where_the_level_does() -> None:
    level = np.zeros(200, np.float32)
    level[100] = 40.0
    flat = np.zeros(200, np.float32)
    view = SpectrumView(frequency_hz=np.arange(200.0), mean_db=flat, peak_db=level, floor_db=flat)
    line = spectrum_line(view, columns=20)
    assert len(line) == 20
    assert line.index("█") == 10
    assert line.count(" ") == 19

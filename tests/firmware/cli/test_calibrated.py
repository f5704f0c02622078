"""`ansim calibrate lens` before the printed target, as its user sees it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from firmware.cli.app import app
from firmware.cli.calibrated import refusal
from firmware.i18n.catalog import LANGUAGES, Language, catalog_for
from lensdetect.calibration import load_calibration
from lensdetect.errors import BadConditions

ROOT = Path(__file__).parents[3]


def calibrate(words: str, *options: str, out: Path) -> tuple[int, str, str]:
    command = ["calibrate", "lens", "--kit", f"sim:lens-target?{words}", "--out", str(out), *options]
    done = CliRunner().invoke(app, command, env={"COLUMNS": "200"})
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout, done.stderr


@pytest.mark.parametrize(("lang", "word"), [("en", "infrared filter"), ("ko", "적외선 필터")])
def test_what_was_measured_is_shown_and_stored(lang: str, word: str, tmp_path: Path) -> None:
    options = ("--distance", "0.5", "--lux", "150", "--lang", lang)
    code, out, _ = calibrate("lux=150", *options, out=tmp_path)
    assert code == 0
    assert word in out
    assert re.search(r"6[12]\.\d°", out)
    stored = load_calibration((tmp_path / "lens.toml").read_text())
    assert stored.target is not None
    assert stored.target.infrared_filter == "present"


@pytest.mark.parametrize("words", ["blur_px=2.6", "blur_px=10"])
def test_a_blurred_camera_is_refused_and_the_old_calibration_stays(words: str, tmp_path: Path) -> None:
    (tmp_path / "lens.toml").write_text("old")
    code, _, err = calibrate(words, "--lang", "en", out=tmp_path)
    assert code == 1
    assert "out of focus" in err
    assert "Turn the camera's lens" in err
    assert (tmp_path / "lens.toml").read_text() == "old"


def test_without_target_it_says_what_was_not_measured(tmp_path: Path) -> None:
    done = CliRunner().invoke(
        app, ["calibrate", "lens", "--kit", "sim:empty-room", "--out", str(tmp_path), "--lang", "en"]
    )
    assert done.exit_code == 0
    assert "not in view" in done.stdout


def test_the_target_is_written_and_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    runner = CliRunner()
    there = runner.invoke(app, ["calibrate", "lens", "--target", str(tmp_path / "page.pdf"), "--lang", "en"])
    assert there.exit_code == 0
    assert (tmp_path / "page.pdf").read_bytes().startswith(b"%PDF")
    nowhere = runner.invoke(app, ["calibrate", "lens", "--target", str(tmp_path / "no" / "page.pdf")])
    assert nowhere.exit_code == 1
    assert "page.pdf" in nowhere.stderr.replace("\n", "")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_reason_to_refuse_has_its_sentence(lang: Language) -> None:
    sources = (ROOT / "lensdetect" / name for name in ("calibrate.py", "target_reading.py"))
    text = "".join(path.read_text(encoding="utf-8") for path in sources)
    reasons = set(re.findall(r'reason="(\w+)"', text)) | set(re.findall(r', "(\w+)", "The', text))
    assert {"blurred", "too_bright", "swapped", "moved"} <= reasons
    catalog = catalog_for(lang)
    for reason in reasons:
        said = refusal(BadConditions("x", reason=reason), catalog)
        assert said.what != "x", reason
        assert said.hint
    assert refusal(BadConditions("x", reason="other"), catalog).what == "x"

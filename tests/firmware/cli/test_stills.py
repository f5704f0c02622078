"""Two still pictures can be compared; they are said to be weaker, and they clear nothing."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from firmware.cli.app import app
from firmware.cli.errors import LEVEL_EXIT
from firmware.cli.stills import lights_of
from firmware.errors import FirmwareError
from firmware.verdict.fusion import Level


def picture(path: Path, spot: float, seed: int) -> Path:
    rng = np.random.default_rng(seed)
    wall = np.random.default_rng(9).uniform(40, 70, (24, 32))
    pixels = np.kron(wall, np.ones((10, 10))) * (1.0 if spot else 0.15) + rng.normal(0, 1.2, (240, 320))
    pixels[118:123, 158:163] += spot
    cv2.imwrite(str(path), np.clip(pixels, 0, 255).astype(np.uint8))
    return path


def test_a_pair_is_read_and_said_to_be_weak(tmp_path: Path) -> None:
    pair = [str(picture(tmp_path / "a.png", 180.0, 1)), str(picture(tmp_path / "b.png", 0.0, 2))]
    done = CliRunner().invoke(app, ["scan", "lens", *pair, "--jsonl", "--lang", "en"])
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    glints = [line for line in lines if line["type"] == "glint"]
    assert [g["label"] for g in glints] == ["unsure"]
    assert abs(glints[0]["x_px"] - 160) <= 2
    assert glints[0]["score"] <= 0.5
    assert lines[-1]["coverage"]["lens"] == 0.0
    assert done.exit_code == LEVEL_EXIT[Level.INCONCLUSIVE]
    assert "weaker evidence" in done.stderr


def test_names_say_which_light_it_was(tmp_path: Path) -> None:
    side, ring, off = (picture(tmp_path / f"{n}.png", 9.0, 1) for n in ("side", "Ring", "off"))
    assert lights_of([side, ring, off]) == {"side": side, "ring": ring, "off": off}
    assert list(lights_of([tmp_path / "Ring.png", side])) == ["ring", "side"]


@pytest.mark.parametrize("names", [["a.png"], ["a.png"] * 4, ["a.png", "gone.png"]])
def test_anything_else_is_refused(tmp_path: Path, names: list[str]) -> None:
    picture(tmp_path / "a.png", 9.0, 1)
    with pytest.raises(FirmwareError):
        lights_of([tmp_path / name for name in names])

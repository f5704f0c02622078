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
from firmware.verdict.model import Level


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


def scan(*arguments: str) -> tuple[int, list[dict[str, object]], str]:
    done = CliRunner().invoke(app, ["scan", "lens", *arguments, "--jsonl", "--lang", "en"])
    return (
        done.exit_code,
        [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")],
        done.stderr,
    )


def test_an_overlay_of_stills_is_drawn(tmp_path: Path) -> None:
    pair = [str(picture(tmp_path / f"{n}.png", s, 1)) for n, s in (("ring", 180.0), ("off", 0.0))]
    _, _, said = scan(*pair, "--overlay", str(tmp_path / "drawn"))
    assert len(list((tmp_path / "drawn").glob("*.png"))) == 1
    assert "1 pictures were drawn" in said


def test_where_nothing_can_be_drawn_it_is_said(tmp_path: Path) -> None:
    for name in ("ring.png", "off.png"):
        (tmp_path / name).write_bytes(b"\x89PNG\r\n\x1a\n broken")
    code, lines, said = scan(
        str(tmp_path / "ring.png"), str(tmp_path / "off.png"), "--overlay", str(tmp_path / "drawn")
    )
    assert "Nothing was drawn" in said
    counts = next(line for line in lines if line["type"] == "counts")
    assert counts["dropped"] == {"undecodable": 2}
    assert code == LEVEL_EXIT[Level.INCONCLUSIVE]


@pytest.mark.parametrize(("kind", "codec"), [("avi", "MJPG"), ("mp4", "mp4v"), ("mov", "mp4v")])
def test_a_torch_that_blinks_in_a_video_is_found_and_clears_nothing(
    kind: str, codec: str, tmp_path: Path
) -> None:
    rng = np.random.default_rng(3)
    wall = np.kron(rng.uniform(40, 70, (24, 32)), np.ones((10, 10)))
    film = cv2.VideoWriter(str(tmp_path / f"clip.{kind}"), cv2.VideoWriter.fourcc(*codec), 30.0, (320, 240))
    for i in range(96):
        lit = (i // 12) % 2 == 0
        seen = np.roll(wall, i // 2, axis=1) * (1.0 if lit else 0.2) + rng.normal(0, 1.2, wall.shape)
        if lit:
            cv2.circle(seen, (100 + i // 2, 120), 3, 250.0, -1)
        grey = np.clip(seen, 0, 255).astype(np.uint8)
        film.write(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR))
    film.release()
    code, lines, _ = scan(str(tmp_path / f"clip.{kind}"))
    labels = {g["label"] for g in lines if g["type"] == "glint" and abs(g["y_px"] - 120) < 4}  # type: ignore[operator]
    assert "unsure" in labels
    assert "specular" not in labels
    assert code != LEVEL_EXIT[Level.NOTHING_FOUND]


def test_a_folder_is_taken_for_a_recording(tmp_path: Path) -> None:
    for number in (1, 2):
        for name, spot in (("ring", 180.0), ("off", 0.0)):
            picture(tmp_path / f"{name}{number}.png", spot, number)
    _, lines, _ = scan(str(tmp_path))
    assert next(line for line in lines if line["type"] == "counts")["read"] == 4

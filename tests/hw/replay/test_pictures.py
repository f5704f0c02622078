"""Still pictures of phones and laboratories: colour, depth, WebP, HEIC, and names that say the light."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from hw.clock import ManualClock
from hw.config import HwConfig
from hw.errors import EndOfRecording, MissingComponent
from hw.kit import CameraWithLeds
from hw.replay.camera import label_of, open_camera_with_leds
from hw.replay.pictures import bits_of, decode_grey, is_heif, require_heif, to_eight_bits
from hw.types import Frame

HEIC = b"\0\0\0\x18ftypheic\0\0\0\0" + bytes(64)


def opened(folder: Path) -> CameraWithLeds:
    return open_camera_with_leds(target=str(folder), config=HwConfig(), clock=ManualClock())


def frames_of(folder: Path) -> list[Frame]:
    frames = []
    camera = opened(folder).camera
    while True:
        try:
            frames.append(camera.read())
        except EndOfRecording:
            return frames


def save(path: Path, level: int, dtype: Any = np.uint8) -> None:
    cv2.imwrite(str(path), np.full((64, 64), level, dtype))


def test_a_blue_answer_is_as_bright_as_a_white_one() -> None:
    picture = np.full((64, 64, 3), 20, np.uint8)
    picture[30, 30] = (220, 34, 26)
    grey = decode_grey(cv2.imencode(".png", picture)[1].tobytes())
    assert grey is not None
    assert (int(grey[30, 30]), int(grey[0, 0])) == (220, 20)


@pytest.mark.parametrize("suffix", [".webp", ".png", ".jpg", ".bmp"])
def test_what_opencv_reads_is_read(tmp_path: Path, suffix: str) -> None:
    for name in ("ring", "off"):
        save(tmp_path / f"{name}{suffix}", 100)
    assert [f.led for f in frames_of(tmp_path)] == ["off", "ring"]


def test_ten_bits_in_sixteen_are_stretched_by_the_brightest_picture(tmp_path: Path) -> None:
    save(tmp_path / "off.png", 60, np.uint16)  # alone it would pass for 8 bits
    save(tmp_path / "ring.png", 1000, np.uint16)
    assert [int(f.pixels[0, 0]) for f in frames_of(tmp_path)] == [15, 250]


@pytest.mark.parametrize(("highest", "bits"), [(255, 8), (256, 10), (1023, 10), (4095, 12), (65535, 16)])
def test_the_depth_is_the_smallest_that_fits(highest: int, bits: int) -> None:
    pixels = np.full((4, 4), highest, np.uint16)
    assert bits_of(pixels) == bits
    assert int(to_eight_bits(pixels, bits).max()) == highest >> (bits - 8)


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("ring1.jpg", ("ring", (1,))),
        ("IMG_0012_off.png", ("off", (12,))),
        ("Side-3.webp", ("side", (3,))),
        ("spring.png", None),
        ("ring_off.png", None),
        ("0001.png", None),
    ],
)
def test_names_are_labels(name: str, label: object) -> None:
    assert label_of(Path(name)) == label


def test_numbered_sets_are_put_in_order(tmp_path: Path) -> None:
    for number in (1, 2, 10):
        for name in ("ring", "off", "side"):
            save(tmp_path / f"{name}{number}.png", 10 * number)
    frames = frames_of(tmp_path)
    assert [f.led for f in frames] == ["off", "ring", "side"] * 3
    assert [int(f.pixels[0, 0]) for f in frames] == [10] * 3 + [20] * 3 + [100] * 3


def test_one_name_without_a_light_leaves_all_unlabelled(tmp_path: Path) -> None:
    for name in ("ring1", "off1", "other"):
        save(tmp_path / f"{name}.png", 10)
    assert {f.led for f in frames_of(tmp_path)} == {None}


def test_heic_without_its_library_names_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hw.replay.pictures.find_spec", lambda _name: None)
    (tmp_path / "ring.heic").write_bytes(HEIC)
    with pytest.raises(MissingComponent, match=r"ring\.heic") as caught:
        opened(tmp_path)
    assert "JPEG" in caught.value.hint


def test_heic_under_another_name_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    for name in ("ring.jpg", "off.jpg"):
        (tmp_path / name).write_bytes(HEIC)
    camera = opened(tmp_path).camera
    with pytest.raises(EndOfRecording):
        camera.read()
    assert camera.health().numbers["undecodable"] == 2


def test_heic_is_read_by_its_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library: Any = ModuleType("pillow_heif")
    picture = Image.new("RGB", (64, 64), (10, 20, 90))
    library.read_heif = lambda _raw: SimpleNamespace(to_pillow=lambda: picture)
    monkeypatch.setitem(sys.modules, "pillow_heif", library)
    monkeypatch.setattr("hw.replay.pictures.find_spec", lambda _name: object())
    require_heif("ring.heic")
    assert is_heif(HEIC)
    grey = decode_grey(HEIC)
    assert grey is not None
    assert int(grey[0, 0]) == 90


def test_a_set_of_real_heic_pictures_is_read_and_labelled(tmp_path: Path) -> None:
    library = pytest.importorskip("pillow_heif", reason="pillow-heif reads HEIC, and is optional")
    for name, grey in (("ring", 200), ("off", 40)):
        library.from_pillow(Image.new("RGB", (64, 48), (grey,) * 3)).save(tmp_path / f"{name}.heic")
    frames = frames_of(tmp_path)
    assert [f.led for f in frames] == ["off", "ring"]
    assert [f.pixels.shape for f in frames] == [(48, 64)] * 2
    assert [int(f.pixels.mean()) for f in frames] == pytest.approx([40, 200], abs=3)

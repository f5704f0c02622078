"""Recorded cameras: every kind of picture, damaged ones among them."""

from __future__ import annotations

import io
import json
import struct
import zlib
from pathlib import Path
from typing import get_args

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from hw.clock import ManualClock
from hw.config import CameraConfig, HwConfig
from hw.errors import EndOfRecording
from hw.kit import open_device
from hw.replay.camera import open_camera_with_leds
from hw.replay.pictures import decode_grey, is_bomb
from hw.types import LedState
from tests.hw.replay.test_session import open_role, picture, read_out


def test_a_folder_of_pictures_in_natural_order(tmp_path: Path) -> None:
    for number in (10, 9, 1):
        picture(tmp_path / f"frame{number}.png", number)
    frames = read_out(tmp_path, "camera")
    assert [int(f.pixels[0, 0]) for f in frames] == [1, 9, 10]
    assert [(f.seq, f.t_ns, f.led, f.exposure_us) for f in frames] == [
        (n, n * 33_333_333, None, None) for n in range(3)
    ]
    with open_role(tmp_path, "camera") as camera:
        camera.configure(CameraConfig())
        assert "30 pictures a second assumed" in camera.info().detail


@pytest.mark.parametrize("names", [["ring", "off"], ["side", "ring", "off"]])
def test_a_set_that_is_named_after_the_lights_labels_itself(tmp_path: Path, names: list[str]) -> None:
    for level, name in enumerate(names):
        picture(tmp_path / f"{name}.png", level)
    frames = read_out(tmp_path, "camera")
    assert [f.led for f in frames] == [n for n in ("off", "ring", "side") if n in names]
    assert [names[int(f.pixels[0, 0])] for f in frames] == [f.led for f in frames]


def test_other_names_are_no_labels(tmp_path: Path) -> None:
    for name in ("ring", "off", "wall"):
        picture(tmp_path / f"{name}.png")
    assert {f.led for f in read_out(tmp_path, "camera")} == {None}


def test_damaged_pictures_are_skipped_and_counted(tmp_path: Path) -> None:
    picture(tmp_path / "1.png", 1)
    (tmp_path / "2.png").write_bytes(b"")
    (tmp_path / "3.png").write_bytes((tmp_path / "1.png").read_bytes()[:40])
    (tmp_path / "4.jpg").write_text("no picture")
    picture(tmp_path / "5.png", 5)
    with open_role(tmp_path, "camera") as camera:
        assert [int(camera.read().pixels[0, 0]) for _ in range(2)] == [1, 5]
        assert dict(camera.health().numbers) == {"undecodable": 3.0}


def test_lines_of_the_index_are_not_trusted(tmp_path: Path) -> None:
    folder = tmp_path / "camera"
    folder.mkdir()
    picture(folder / "a.png", 7)
    lines = [
        {"file": "a.png", "t_ns": 5, "exposure_us": 9, "led": "ring"},
        {"file": "a.png", "t_ns": 6, "exposure_us": None, "led": "disco"},
        {"file": "../../a.png", "t_ns": 7},
        {"file": 7, "t_ns": 7},
        {"file": "gone.png", "t_ns": 8},
        {"file": "a.png"},
        ["a.png"],
    ]
    text = "\n".join(map(json.dumps, lines)) + "\nnot json\n"
    (folder / "camera.jsonl").write_text(text)
    with open_role(tmp_path, "camera") as camera:
        first, second = camera.read(), camera.read()
        assert (first.seq, first.t_ns, first.exposure_us, first.led) == (0, 5, 9, "ring")
        assert (second.t_ns, second.exposure_us, second.led) == (6, None, None)
    assert len(read_out(tmp_path, "camera")) == 2


def encode(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)  # type: ignore[arg-type]
    return file.getvalue()


def test_every_kind_of_picture_becomes_grey_bytes(tmp_path: Path) -> None:
    ramp = np.tile(np.arange(0, 250, 10, dtype=np.uint8), (12, 1))
    colour = Image.fromarray(ramp).convert("RGB")
    exact = {
        "png": encode(Image.fromarray(ramp), "PNG"),
        "bmp": encode(colour, "BMP"),
        "tiff": encode(Image.fromarray(ramp), "TIFF"),
        "alpha": encode(colour.convert("RGBA"), "PNG"),
        "palette": encode(Image.fromarray(ramp).convert("P"), "PNG"),
        "pgm": b"P5 25 12 255\n" + ramp.tobytes(),
        "16 bit": cv2.imencode(".png", ramp.astype(np.uint16) * 257)[1].tobytes(),
    }
    for name, raw in exact.items():
        pixels = decode_grey(raw)
        assert pixels is not None, name
        assert np.abs(pixels.astype(int) - ramp).max() <= 1, name
        assert pixels.dtype == np.uint8
    for name, raw in {"jpeg": encode(colour, "JPEG"), "cmyk": encode(colour.convert("CMYK"), "JPEG")}.items():
        pixels = decode_grey(raw)
        assert pixels is not None, name
        assert np.abs(pixels.astype(int) - ramp).mean() < 12, name


def test_the_orientation_of_a_phone_is_applied() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: rows are columns
    pixels = decode_grey(encode(Image.new("L", (40, 20)), "JPEG", exif=exif))
    assert pixels is not None
    assert pixels.shape == (40, 20)


def test_sizes_may_change_and_the_clock_follows(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "1.png"), np.zeros((6, 8), dtype=np.uint8))
    cv2.imwrite(str(tmp_path / "2.png"), np.zeros((3, 4), dtype=np.uint8))
    clock = ManualClock()
    eye = open_device("camera", spec=f"replay:{tmp_path}", config=HwConfig(), clock=clock)
    eye.leds.set("ring")
    assert eye.leds.states() == get_args(LedState)
    assert [eye.camera.read().pixels.shape for _ in range(2)] == [(6, 8), (3, 4)]
    assert clock.now_ns() == 66_666_666


@settings(deadline=None)
@given(
    st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"BM", b"II*\0", b"P5 3 3 255\n"]),
    st.binary(max_size=200),
)
def test_no_bytes_break_the_decoder(head: bytes, noise: bytes) -> None:
    pixels = decode_grey(head + noise)
    assert pixels is None or (pixels.ndim == 2 and pixels.size > 0)


def test_a_picture_of_too_many_pixels_is_counted_and_never_decoded(tmp_path: Path) -> None:
    """0.9 MB of a grey PNG can mean 900 million pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    bomb = b"\x89PNG\r\n\x1a\n" + body
    assert is_bomb(bomb)
    assert decode_grey(bomb) is None
    assert not is_bomb(b"")
    (tmp_path / "a.png").write_bytes(bomb)
    eye = open_camera_with_leds(target=str(tmp_path), config=HwConfig(), clock=ManualClock())
    with pytest.raises(EndOfRecording):
        eye.camera.read()
    assert eye.camera.health().numbers == {"too_many_pixels": 1.0}

"""A video is a recording of pictures whose light nobody wrote down."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from hw.clock import ManualClock
from hw.config import HwConfig
from hw.errors import BadRecording, EndOfRecording
from hw.replay.camera import open_camera_with_leds


def film(path: Path, levels: list[int], rate_hz: float = 25.0) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), rate_hz, (96, 64))
    for level in levels:
        writer.write(np.full((64, 96, 3), level, np.uint8))
    writer.release()
    return path


def test_a_video_gives_its_pictures_in_time(tmp_path: Path) -> None:
    path = film(tmp_path / "clip.avi", [20, 120, 20, 120])
    eye = open_camera_with_leds(target=str(path), config=HwConfig(), clock=ManualClock())
    frames = [eye.camera.read() for _ in range(4)]
    with pytest.raises(EndOfRecording):
        eye.camera.read()
    assert [f.t_ns for f in frames] == [0, 40_000_000, 80_000_000, 120_000_000]
    assert [round(int(f.pixels[0, 0]), -1) for f in frames] == [20, 120, 20, 120]
    assert {f.led for f in frames} == {None}
    assert frames[0].pixels.shape == (64, 96)
    assert eye.leds.states() == ("off", "ring")  # a torch is no side light


def test_what_is_no_video_is_said(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"nothing of the kind" * 20)
    with pytest.raises(BadRecording, match="No picture of the video") as caught:
        open_camera_with_leds(target=str(path), config=HwConfig(), clock=ManualClock())
    assert "ffmpeg" in caught.value.hint

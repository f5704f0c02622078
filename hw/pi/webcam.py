"""Any V4L2 camera through OpenCV, for a laptop or a USB camera, locked as far as it lets itself be."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from hw.config import CameraConfig
from hw.errors import DeviceBusy, DeviceDenied, DeviceLost, DeviceMissing
from hw.pi.camera_source import REPLUG_HINT, CameraPicture

EXPOSURE_UNIT_US = 100  # V4L2_CID_EXPOSURE_ABSOLUTE counts in 100 µs
MANUAL_EXPOSURE = 1.0  # V4L2_EXPOSURE_MANUAL
BUFFERS = 2.0


class WebcamSource:
    """One V4L2 camera."""

    def __init__(self, capture: Any, settings: CameraConfig, name: str) -> None:
        self._capture = capture
        self.name = name
        for key, value in _wishes(settings).items():
            capture.set(key, value)
        told = float(capture.get(cv2.CAP_PROP_EXPOSURE))
        self._exposure_us = round(told * EXPOSURE_UNIT_US) if told > 0 else None

    def capture(self) -> CameraPicture:
        """Return the next picture in grey."""
        there, pixels = self._capture.read()
        if not there or pixels is None:
            raise DeviceLost(f"The camera {self.name} is gone", hint=REPLUG_HINT)
        grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY) if pixels.ndim == 3 else pixels
        return CameraPicture(np.asarray(grey, np.uint8), self._exposure_us, time.monotonic_ns())

    def close(self) -> None:
        """Let the camera go."""
        self._capture.release()


def _wishes(settings: CameraConfig) -> dict[int, float]:
    return {
        cv2.CAP_PROP_FRAME_WIDTH: float(settings.width_px),
        cv2.CAP_PROP_FRAME_HEIGHT: float(settings.height_px),
        cv2.CAP_PROP_FPS: settings.rate_hz,
        cv2.CAP_PROP_BUFFERSIZE: BUFFERS,
        cv2.CAP_PROP_AUTO_EXPOSURE: MANUAL_EXPOSURE,
        cv2.CAP_PROP_EXPOSURE: settings.exposure_us / EXPOSURE_UNIT_US,
        cv2.CAP_PROP_AUTO_WB: 0.0,
    }


def device_path(source: str) -> Path:
    """Return the device file of an index or a path."""
    return Path(f"/dev/video{source}" if source.isascii() and source.isdigit() else source)


def open_webcam(settings: CameraConfig) -> WebcamSource:
    """Open the V4L2 camera that is named in the settings.

    Raises
    ------
    DeviceMissing, DeviceDenied, DeviceBusy
        OpenCV only says that it did not open; the device file says why.
    """
    path = device_path(settings.source or "0")
    if not path.exists():
        found = ", ".join(str(p) for p in sorted(Path("/dev").glob("video*"))) or "none"
        raise DeviceMissing(f"There is no camera {path}", hint=f"Set hw.camera.source. Found: {found}.")
    if not os.access(path, os.R_OK | os.W_OK):
        hint = "Add the user to the video group: sudo usermod -aG video NAME."
        raise DeviceDenied(f"This user may not open {path}", hint=hint)
    capture = cv2.VideoCapture(str(path), cv2.CAP_V4L2)
    if not capture.isOpened():
        capture.release()
        raise DeviceBusy(f"{path} does not open", hint=f"Stop the other program: fuser -v {path}.")
    return WebcamSource(capture, settings, str(path))

"""Any V4L2 camera, through OpenCV, with every setting locked that the camera allows to be locked."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from hw.config import CameraConfig
from hw.errors import DeviceBusy, DeviceDenied, DeviceLost, DeviceMissing
from hw.pi.camera_source import (
    EXPOSURE_TOLERANCE,
    REPLUG_HINT,
    SLOWEST_RATE,
    CameraPicture,
    size_differs,
)

EXPOSURE_UNIT_US = 100  # V4L2_CID_EXPOSURE_ABSOLUTE counts in 100 µs
MANUAL_EXPOSURE = 1.0  # V4L2_EXPOSURE_MANUAL
OLD_MANUAL_EXPOSURE = 0.25  # the same for OpenCV before 4.2
MOTION_JPEG = cv2.VideoWriter.fourcc(*"MJPG")  # raw pictures of this size are too many for USB 2
BUFFERS = 2.0


class WebcamSource:
    """One V4L2 camera. Settings that it did not take are read back and reported with every picture."""

    def __init__(self, capture: Any, settings: CameraConfig, name: str) -> None:
        self._capture, self._settings = capture, settings
        self.name = name
        self.serial = usb_serial(Path(name).name)
        for key, value in _wishes(settings):
            capture.set(key, value)
        if not _is_manual(capture):
            capture.set(cv2.CAP_PROP_AUTO_EXPOSURE, OLD_MANUAL_EXPOSURE)
            capture.set(cv2.CAP_PROP_EXPOSURE, settings.exposure_us / EXPOSURE_UNIT_US)
        locked, told = _is_manual(capture), float(capture.get(cv2.CAP_PROP_EXPOSURE))
        self._exposure_us = round(told * EXPOSURE_UNIT_US) if locked and told > 0 else None
        self._differs = _differences(capture, settings)

    def capture(self) -> CameraPicture:
        """Return the next picture in grey."""
        there, pixels = self._capture.read()
        if not there or pixels is None:
            raise DeviceLost(f"The camera {self.name} is gone", hint=REPLUG_HINT)
        grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY) if pixels.ndim == 3 else pixels, np.uint8)
        differs = (*self._differs, *size_differs(grey, self._settings))
        return CameraPicture(grey, self._exposure_us, time.monotonic_ns(), differs)

    def close(self) -> None:
        """Release the camera."""
        self._capture.release()


def usb_serial(node: str, sys_root: Path = Path("/sys")) -> str:
    """Return the USB serial number behind a video node, empty where it has none."""
    try:
        interface = (sys_root / "class/video4linux" / node / "device").resolve(strict=True)
        return (interface.parent / "serial").read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""


def _wishes(settings: CameraConfig) -> tuple[tuple[int, float], ...]:
    """Return properties and values in the order in which V4L2 must hear them: the format first."""
    return (
        (cv2.CAP_PROP_FOURCC, float(MOTION_JPEG)),
        (cv2.CAP_PROP_FRAME_WIDTH, float(settings.width_px)),
        (cv2.CAP_PROP_FRAME_HEIGHT, float(settings.height_px)),
        (cv2.CAP_PROP_FPS, settings.rate_hz),
        (cv2.CAP_PROP_BUFFERSIZE, BUFFERS),
        (cv2.CAP_PROP_AUTO_EXPOSURE, MANUAL_EXPOSURE),
        (cv2.CAP_PROP_EXPOSURE, settings.exposure_us / EXPOSURE_UNIT_US),
        (cv2.CAP_PROP_AUTO_WB, 0.0),
        (cv2.CAP_PROP_AUTOFOCUS, 0.0),
    )


def _is_manual(capture: Any) -> bool:
    return float(capture.get(cv2.CAP_PROP_AUTO_EXPOSURE)) in {MANUAL_EXPOSURE, OLD_MANUAL_EXPOSURE}


def _differences(capture: Any, settings: CameraConfig) -> tuple[str, ...]:
    """Read every setting back and say which were not taken. The size is read from the pictures."""
    told_us = float(capture.get(cv2.CAP_PROP_EXPOSURE)) * EXPOSURE_UNIT_US
    rate_hz = float(capture.get(cv2.CAP_PROP_FPS))
    step_us = max(EXPOSURE_TOLERANCE * settings.exposure_us, EXPOSURE_UNIT_US / 2)
    told = (
        (not _is_manual(capture), "the exposure is not locked: it adjusts its brightness by itself"),
        (
            _is_manual(capture) and abs(told_us - settings.exposure_us) > step_us,
            f"it exposes {told_us:.0f} µs, not {settings.exposure_us} (hw.camera.exposure_us)",
        ),
        (float(capture.get(cv2.CAP_PROP_AUTO_WB)) > 0, "the white balance is not locked"),
        (
            0 < rate_hz < SLOWEST_RATE * settings.rate_hz,
            f"it gives {rate_hz:g} pictures a second, not {settings.rate_hz:g} (hw.camera.rate_hz)",
        ),
    )
    return tuple(words for wrong, words in told if wrong)


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

"""A USB video grabber (V4L2) behind an analog receiver: grey pictures, and whether its decoder is locked."""

from __future__ import annotations

import errno
import fcntl
import os
import struct
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from hw.errors import DeviceBusy, DeviceDenied, DeviceLost, DeviceMissing, Reason
from hw.pi.deadline import DriverThread
from hw.pi.webcam import device_path

# Of linux/videodev2.h: struct v4l2_input, VIDIOC_G_INPUT, VIDIOC_ENUMINPUT, V4L2_IN_ST_…
V4L2_INPUT = struct.Struct("=I32sIIIQII3I")
G_INPUT, ENUM_INPUT = 0x80045626, 0xC050561A
NO_POWER, NO_SIGNAL, NO_H_LOCK, NO_SYNC = 0x1, 0x2, 0x100, 0x10000
UNLOCKED = NO_POWER | NO_SIGNAL | NO_H_LOCK | NO_SYNC
OPEN_S, PICTURE_S = 5.0, 1.0
STALE_PICTURES = 4  # in the driver's buffers, from before the receiver was tuned
REPLUG_HINT = "Plug the video grabber in again; it is found by itself."


class Grabber:
    """An open grabber, called on a thread of its own with deadlines."""

    def __init__(self, source: str) -> None:
        self._path = device_path(source)
        _require(self._path)
        self._driver = DriverThread("grabber")
        self._capture: Any = None
        try:
            self._ask(self._open, OPEN_S)
        except (DeviceBusy, DeviceLost):
            self.close()
            raise

    @property
    def name(self) -> str:
        """Its device file."""
        return str(self._path)

    def _open(self) -> None:
        self._capture = cv2.VideoCapture(str(self._path), cv2.CAP_V4L2)
        if not self._capture.isOpened():
            hint = f"Stop the other program: fuser -v {self._path}."
            raise DeviceBusy(f"{self._path} does not open", hint=hint)

    def pictures(self, count: int) -> tuple[NDArray[np.uint8], ...]:
        """Return the next pictures in grey, without those that wait from before.

        Parameters
        ----------
        count : int
            How many.

        Returns
        -------
        tuple of ndarray of uint8, shape (height, width)

        Raises
        ------
        DeviceLost
            It is gone, or gives no picture in time.
        """
        got: list[NDArray[np.uint8]] = []
        for number in range(STALE_PICTURES + count):
            there, pixels = self._ask(self._capture.read, PICTURE_S)
            if not there or pixels is None:
                raise DeviceLost("The video grabber is gone", hint=REPLUG_HINT)
            if number >= STALE_PICTURES:
                grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY) if pixels.ndim == 3 else pixels
                got.append(np.asarray(grey, np.uint8))
        return tuple(got)

    def is_unlocked(self) -> bool:
        """Say whether its video decoder reports that no signal holds it; False where it reports nothing."""
        return bool(input_status(self._path) & UNLOCKED)

    def _ask(self, call: Any, timeout_s: float) -> Any:
        try:
            return self._driver.call(call, timeout_s=timeout_s)
        except TimeoutError as error:
            raise DeviceLost(
                "The video grabber gives no pictures", hint=REPLUG_HINT, reason=Reason.STALLED
            ) from error

    def close(self) -> None:
        """Release it as soon as its driver lets go."""
        self._driver.dismiss(lambda: None if self._capture is None else self._capture.release())


def input_status(path: Path) -> int:
    """Return the status flags of a V4L2 device's input; 0 where it tells none."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    except OSError:
        return 0
    try:
        chosen = struct.unpack("=I", fcntl.ioctl(handle, G_INPUT, bytes(4)))[0]
        asked = V4L2_INPUT.pack(chosen, b"", *[0] * (len(V4L2_INPUT.unpack(bytes(V4L2_INPUT.size))) - 2))
        return int(V4L2_INPUT.unpack(fcntl.ioctl(handle, ENUM_INPUT, asked))[6])
    except OSError as error:
        # A camera without inputs says that there is no such request.
        return NO_POWER if error.errno == errno.ENODEV else 0
    finally:
        os.close(handle)


def _require(path: Path) -> None:
    if not path.exists():
        found = ", ".join(str(p) for p in sorted(Path("/dev").glob("video*"))) or "none"
        hint = f"Set hw.video_receiver.grabber. Found: {found}."
        raise DeviceMissing(f"There is no video grabber {path}", hint=hint)
    if not os.access(path, os.R_OK | os.W_OK):
        hint = "Add the user to the video group: sudo usermod -aG video NAME."
        raise DeviceDenied(f"This user may not open {path}", hint=hint)

"""What stands between sensor and finder on a real Pi: a tone curve, limited range, a missing filter.

The simulated camera is linear and of full range. A camera whose driver takes neither setting gives what
libcamera does by itself: dark tones are lifted and white is 235. Without an infrared-pass filter room light
is five times as strong (`hw.sim.target`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np

from hw.sim.camera import SimCamera
from hw.sim.scene import Scene
from hw.sim.target import LUX_TO_DN
from hw.types import Frame

# The shape of the tone curve in libcamera's tuning files, full scale 65535: in, out.
CURVE = ((0, 1024, 8192, 32768, 65535), (0, 5040, 20000, 45000, 65535))
BLACK_DN, SPAN_DN = 16.0, 219.0  # limited range


class TonedCamera:
    """A simulated camera behind libcamera's tone curve, in limited range."""

    def __init__(self, camera: SimCamera) -> None:
        self._camera = camera
        toned = np.interp(np.arange(256) * 257, *CURVE) / 65535
        self._levels = np.rint(BLACK_DN + SPAN_DN * toned).astype(np.uint8)

    def read(self) -> Frame:
        """Return the next picture."""
        frame = self._camera.read()
        return replace(frame, pixels=np.asarray(cv2.LUT(frame.pixels, self._levels), np.uint8))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._camera, name)


def in_room_light(scene: Scene, *, lux: float | None, filtered: bool) -> Scene:
    """Return a room in other light: ``lux`` where it is given, seen with or without the filter."""
    share = LUX_TO_DN[filtered] / LUX_TO_DN[True]
    ambient = share * (scene.room.ambient_lux if lux is None else lux)
    return scene.model_copy(update={"room": scene.room.model_copy(update={"ambient_lux": ambient})})

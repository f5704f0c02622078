"""Tells whether the camera can see: dark, covered, blown out, frozen, light dead or stuck.

What the camera could not see counts as not looked at, never as nothing found.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np

from hw.types import Frame
from lensdetect.exposure_drift import ExposureDrift
from lensdetect.frame_stats import BLOWN_SHARE, FrameStats, examine, trouble_of
from lensdetect.sharpness import Sharpness
from lensdetect.white_level import WhiteLevel

FROZEN_FRAMES = 6  # identical pictures in a row: a real sensor's noise is never twice the same
SICK_FRAMES = 12  # bad pictures in a row before the sensor says so
WELL_FRAMES = 6  # good ones in a row before it takes that back
COVERED_SPREAD_DN = 2.5  # texture left in a picture behind a thumb or a cap
SATURATED_MEAN_DN = 235.0  # a thumb lit by the ring, touching the lens
LED_WINDOW = 72  # frames over which the light must have made a difference
MIN_MODULATION = 1.08
OUTSHONE_SHARE = 0.1  # of the room's light on the wall: what the ring adds must be more, or nothing is told
OUTSHONE_LOOKS = 4  # in a row before the sensor says so
HINTS = {
    "dark": "uncover the lens, check the lights",
    "covered": "uncover the lens",
    "blown_out": "move back, or lower the exposure",
    "frozen": "restart the camera",
    "led_dead": "check the lights",
    "led_unclear": "check the lights",
    "light_does_not_reach": "move closer",
    "exposure_drifts": "lock the exposure",
    "blurred": "focus the lens, wipe it clean",
    "too_bright": "switch the room's lights off, or put the infrared-pass filter in",
}
BLACK_DN = 8.0  # nothing in the picture is brighter than this: a cap, or night and no light


class Watch:
    """Checks frames: returns the usable ones with their statistics, and counts the others by reason."""

    def __init__(self, *, white_dn: int | None = None) -> None:
        self._white = WhiteLevel(white_dn)
        self._drift = ExposureDrift()
        self.sharpness = Sharpness()
        self.dropped: Counter[str] = Counter()
        self.read = 0
        self.size: tuple[int, int] | None = None  # width, height
        self.resized = False
        self._before: FrameStats | None = None
        self._brightest_dn = 0.0
        self._same = self._sick = self._well = self._unlit = 0
        self._picture_trouble = ""
        self._light_trouble = ""
        self._drifts = False
        self._outshone = 0

    @property
    def trouble(self) -> str:
        """Return the present trouble, or an empty string."""
        if self._picture_trouble or self.drifts:
            return self._picture_trouble or "exposure_drifts"
        if self.too_bright:
            return "too_bright"
        return "blurred" if self.sharpness.proven is False else self._light_trouble

    @property
    def drifts(self) -> bool:
        """Return whether the camera adjusts its own brightness: then no two lights can be compared."""
        return self._drifts

    @property
    def too_bright(self) -> bool:
        """Return whether room light drowns ours: an answer is lost in what the wall leaves over then."""
        return self._outshone >= OUTSHONE_LOOKS

    def outshone(self, lit_dn: float, dark_dn: float) -> bool:
        """Return whether the room lights the wall so much more than the ring that nothing can be compared.

        Parameters
        ----------
        lit_dn, dark_dn : float
            What the ring adds to the wall, and the wall without it, DN.
        """
        bright = lit_dn < OUTSHONE_SHARE * dark_dn
        self._outshone = self._outshone + 1 if bright else 0
        if bright:
            self.dropped["too_bright"] += 1
        return bright

    def look(self, frame: Frame) -> FrameStats | None:
        """Return the frame with its measurements, or count why it cannot be used."""
        self.read += 1
        self.resized = False
        reason = trouble_of(frame)
        look = None if reason else examine(self._stretched(frame))
        if look is not None:
            self._drift.push(look.mean_dn, exposure_us=frame.exposure_us, led=frame.led)
            self._drifts = self._drift.drifts()
            reason = self._doubt(look)
        if reason is not None:
            self.drop(reason)
            return None
        self._sick, self._well = 0, self._well + 1
        if self._well >= WELL_FRAMES:
            self._picture_trouble = ""
        return look

    def _stretched(self, frame: Frame) -> Frame:
        pixels = self._white.stretched(frame.pixels)
        return frame if pixels is frame.pixels else replace(frame, pixels=pixels)

    def drop(self, reason: str) -> None:
        """Count one picture that could not be used."""
        self.dropped[reason] += 1
        self._well, self._sick = 0, self._sick + 1
        if self._sick >= SICK_FRAMES:
            self._picture_trouble = reason

    def _doubt(self, look: FrameStats) -> str | None:
        before, self._before = self._before, look
        size = (look.frame.pixels.shape[1], look.frame.pixels.shape[0])
        if self.size is not None and size != self.size:
            self.size, self.resized = size, True
            self._drift.forget()
            self.sharpness.forget()
            return "size_changed"
        self.size = size
        self._brightest_dn = max(0.97 * self._brightest_dn, float(look.small.max()))
        self._same = self._same + 1 if before is not None and _is_same(before, look) else 0
        if self._same >= FROZEN_FRAMES:
            return "frozen"
        if look.blown_share > BLOWN_SHARE:
            return "blown_out"
        return "covered" if is_covered(look) else None

    def light(self, modulation: float | None, *, lit: bool) -> None:
        """Take note of how much difference the light makes; ``lit`` if a usable cycle was just seen."""
        if lit:
            self._unlit, self._light_trouble = 0, ""
            return
        self._unlit += 1
        if self._unlit >= LED_WINDOW:
            dead = modulation is not None and modulation < MIN_MODULATION
            dark = self._brightest_dn < BLACK_DN
            self._light_trouble = "dark" if dark else "led_dead" if dead else "led_unclear"


def _is_same(before: FrameStats, look: FrameStats) -> bool:
    """Return whether two pictures are identical; their means over areas tell most of those that are not."""
    if not np.array_equal(before.small, look.small):
        return False
    return np.array_equal(before.frame.pixels, look.frame.pixels)


def is_covered(look: FrameStats) -> bool:
    """Return whether a picture shows nothing at all, dark or bright.

    A dark room with the light off looks the same as a cap, so this is asked of bright plain pictures only;
    darkness is told by the light making no difference (`Watch.light`).
    """
    if look.mean_dn <= SATURATED_MEAN_DN:
        return False
    low, high = np.percentile(look.small, (1, 99))
    return bool(high - low < COVERED_SPREAD_DN * 4)

"""Learns at which level a camera clips, and stretches its pictures so that white is 255 again.

A camera of limited range (ITU-R BT.601 and 709: black 16, white 235) never reaches the levels at which a spot
counts as clipped; what is hidden above white would then be taken for measured.
"""

from __future__ import annotations

from collections import deque

import cv2
import numpy as np
from numpy.typing import NDArray

FULL_DN = 255
LOWEST_DN = 220  # no camera clips lower; a flat bright area may look clipped there
FULL_PIXELS = 3  # at 255 in one picture: the range is full
PATCH_PX = 9  # half size of the square around the brightest spot
FLAT_SHARE = 0.06  # of the top within which a pixel belongs to the plateau
VIDEO_WHITE_DN, VIDEO_APART_DN = 235.0, 1.5  # white of limited range; a plateau there is believed lower
LEAST_STEP_DN, VIDEO_STEP_DN = 110.0, 30.0  # over the wall that a plateau must stand
PLATEAU_SHARE = 0.3  # of the pixels above half, that a clipped spot has on its plateau; a Gaussian has 0.09
SPOTS_KEPT, SPOTS_NEEDED = 12, 4
MOST_APART_DN = 6.0
SLACK_DN = 3.0  # compression rounds the plateau's rim


class WhiteLevel:
    """Looks at the brightest spot of each picture. ``given_dn`` is the level of the settings, if any."""

    def __init__(self, given_dn: int | None = None) -> None:
        self._given = given_dn is not None
        self._tops: deque[float] = deque(maxlen=SPOTS_KEPT)
        self._table: NDArray[np.uint8] | None = None
        self.white_dn = FULL_DN
        if given_dn is not None:
            self._settle(float(given_dn))

    def stretched(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Take note of a picture and return it with white at 255.

        Parameters
        ----------
        pixels : ndarray of uint8, shape (rows, columns)
            Grey levels, DN.

        Returns
        -------
        ndarray of uint8, shape (rows, columns)
            The same array where the range is full.

        Notes
        -----
        A Gaussian spot of amplitude ``A`` clipped at ``H`` has the share ``ln(A/H)/ln(2A/H)`` of the pixels
        above its half on a plateau, a whole one ``ln(1/0.94)/ln 2 = 0.09`` within 6 % of its top.
        """
        if not self._given:
            self._note(pixels)
        return pixels if self._table is None else np.asarray(cv2.LUT(pixels, self._table), np.uint8)

    def _note(self, pixels: NDArray[np.uint8]) -> None:
        _, top, _, (x, y) = cv2.minMaxLoc(pixels)
        if top < LOWEST_DN:
            return
        if top >= FULL_DN and np.count_nonzero(pixels == FULL_DN) >= FULL_PIXELS:
            self._given, self._table, self.white_dn = True, None, FULL_DN
            return
        spot = pixels[max(0, y - PATCH_PX) : y + PATCH_PX + 1, max(0, x - PATCH_PX) : x + PATCH_PX + 1]
        level = plateau_dn(spot)
        if level is None:
            return
        self._tops.append(level)
        tops = np.sort(self._tops)
        middle = float(tops[len(tops) // 2])
        near = np.abs(tops - middle) < MOST_APART_DN
        if np.count_nonzero(near) >= SPOTS_NEEDED and LOWEST_DN <= middle < FULL_DN - SLACK_DN:
            self._settle(middle)

    def _settle(self, level_dn: float) -> None:
        self.white_dn = round(level_dn)
        if self.white_dn >= FULL_DN:
            return
        levels = np.arange(256, dtype=np.float64) * FULL_DN / (level_dn - SLACK_DN)
        self._table = np.clip(np.round(levels), 0, FULL_DN).astype(np.uint8)


def plateau_dn(spot: NDArray[np.uint8]) -> float | None:
    """Return the level at which a spot is cut off flat; None where it has a top of its own.

    Parameters
    ----------
    spot : ndarray of uint8, shape (rows, columns)
        The square around it, DN.

    Returns
    -------
    float or None
        DN.
    """
    smooth = cv2.blur(spot.astype(np.float32), (3, 3))
    top: float = float(smooth.max())
    wall = float(np.median(np.concatenate([spot[0], spot[-1], spot[:, 0], spot[:, -1]])))
    upper = max(int(np.count_nonzero(spot > (top + wall) / 2)), 1)
    flat = spot[spot >= np.float32((1.0 - FLAT_SHARE) * top)]
    level = float(np.median(flat))
    least = VIDEO_STEP_DN if abs(level - VIDEO_WHITE_DN) < VIDEO_APART_DN else LEAST_STEP_DN
    return None if top - wall < least or flat.size < PLATEAU_SHARE * upper else level

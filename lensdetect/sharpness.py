"""Proves that pictures are in focus: some edge in them must be steep.

Blur makes a lens's answer faint and wide, and it also hides the noise by which bad pictures are told. A
blurred eye must therefore never pass for one that looked.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

STRIPS = 6  # the picture is looked at a strip at a time
SMOOTH_SIGMA_PX = 0.8
REACH_PX = 13  # side of the square over which an edge rises
NOISES, LEAST_DN = 6.0, 8.0  # how high an edge must be to tell its steepness
STEEP = 0.205  # of its height that an edge rises from one pixel to the next
STEEP_SHARE = 0.01  # of the edges must be that steep
FEWEST = 200  # pixels on edges below which nothing is known
MEMORY = 0.85  # weight of the strips before
MAD_TO_SIGMA = 1.4826


class Sharpness:
    """The steepness of edges in recent pictures."""

    def __init__(self) -> None:
        self._edges = self._steep = 0.0
        self._strip = 0
        self._known: bool | None = None

    @property
    def proven(self) -> bool | None:
        """Return whether the pictures are sharp; None while nothing in them could show it."""
        return self._known

    def forget(self) -> None:
        """Begin anew, for another camera or picture size."""
        self._edges = self._steep = 0.0
        self._known = None

    def note(self, pixels: NDArray[np.uint8]) -> None:
        """Look at the next strip of a picture, shape (rows, columns)."""
        rows = pixels.shape[0] // STRIPS
        first = self._strip * rows
        self._strip = (self._strip + 1) % STRIPS
        edges, steep = steepness(pixels[first : first + rows])
        self._edges, self._steep = MEMORY * self._edges + edges, MEMORY * self._steep + steep
        if self._edges >= FEWEST:
            self._known = self._steep >= STEEP_SHARE * self._edges


def steepness(pixels: NDArray[np.uint8]) -> tuple[int, int]:
    """Return how many pixels lie on an edge, and how many of these on a steep one.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (rows, columns)
        Grey levels, DN.

    Returns
    -------
    int, int
        Pixels on an edge, and of these on one that rises by `STEEP` of its height a pixel.

    Notes
    -----
    A step that a Gaussian of ``σ`` pixels blurs rises by at most ``1/(σ·√(2π))`` of its height a pixel: 0.31
    for σ = 1.3 (a sharp picture, smoothed by 0.8 px), 0.13 for σ = 3. Where an edge is no higher than noise
    its steepness is the noise's.
    """
    smooth = cv2.GaussianBlur(pixels, (0, 0), SMOOTH_SIGMA_PX)
    gx, gy = cv2.Sobel(smooth, cv2.CV_16S, 1, 0), cv2.Sobel(smooth, cv2.CV_16S, 0, 1)
    square = np.ones((REACH_PX, REACH_PX), np.uint8)
    height = cv2.subtract(cv2.dilate(smooth, square), cv2.erode(smooth, square))
    beside = pixels[::3, 1::3].astype(np.int16) - pixels[::3, :-1:3][:, : pixels[::3, 1::3].shape[1]]
    noise = MAD_TO_SIGMA / np.sqrt(2) * float(np.median(np.abs(beside))) if beside.size else 0.0
    on_edge = height > max(NOISES * noise, LEAST_DN)
    if not on_edge.any():
        return 0, 0
    rise = np.hypot(gx[on_edge].astype(np.float32), gy[on_edge].astype(np.float32)) / 8
    return int(np.count_nonzero(on_edge)), int(np.count_nonzero(rise > STEEP * height[on_edge]))

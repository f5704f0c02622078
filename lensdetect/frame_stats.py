"""Statistics of one picture: how bright, how even, whether it can be used at all."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from hw.types import Frame

BANDS = 12  # horizontal bands; a rolling shutter puts an edge between some of them
SMALL_WIDTH_PX = 320  # width at which motion is measured
SATURATED_DN = 250
BLOWN_SHARE = 0.35  # of all pixels saturated: nothing can be compared any more
MIN_SIZE_PX = 32
MAX_SIZE_PX = 8192


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameStats:
    """A frame with its statistics."""

    frame: Frame
    small: NDArray[np.float32]  # not rounded: a weak texture on a dim wall is less than 1 DN
    bands_dn: NDArray[np.float64]
    mean_dn: float
    blown_share: float

    @property
    def scale(self) -> float:
        """Return small pixels per full pixel."""
        return float(self.small.shape[1] / self.frame.pixels.shape[1])


def trouble_of(frame: Frame) -> str | None:
    """Return the reason why a frame cannot be a picture at all, or None."""
    pixels = frame.pixels
    if pixels.ndim != 2:
        return "not_grey"
    if pixels.dtype != np.uint8:
        return "wrong_depth"
    if min(pixels.shape) < MIN_SIZE_PX or max(pixels.shape) > MAX_SIZE_PX:
        return "wrong_size"
    return None


def examine(frame: Frame) -> FrameStats:
    """Shrink a frame and measure its brightness by horizontal bands."""
    rows, columns = frame.pixels.shape
    width = min(columns, SMALL_WIDTH_PX)
    height = max(8, round(rows * width / columns))
    whole = frame.pixels.astype(np.float32)
    small = np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), np.float32)
    means = small.mean(axis=1, dtype=np.float64)
    edges = np.linspace(0, height, BANDS + 1).astype(int)
    bands = np.add.reduceat(means, edges[:-1]) / np.diff(edges)
    return FrameStats(
        frame=frame,
        small=small,
        bands_dn=bands,
        mean_dn=float(means.mean()),
        blown_share=float(np.count_nonzero(small >= SATURATED_DN)) / small.size,
    )

"""Statistics of one picture: how bright, how even, whether it can be used at all."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from hw.types import Frame
from lensdetect.order_stats import median

BANDS = 12  # horizontal bands; a rolling shutter puts an edge between some of them
SMALL_WIDTH_PX = 320  # width at which motion is measured
SATURATED_DN = 250
BLOWN_SHARE = 0.35  # of all pixels saturated: nothing can be compared any more
EVEN_LEVELS = np.uint32(0x00FF00FF)  # the first and third of four levels in a word
MIN_SIZE_PX = 32
MAX_SIZE_PX = 8192


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameStats:
    """A frame with its statistics."""

    frame: Frame
    small: NDArray[np.float32]  # not rounded: a weak texture on a dim wall is less than 1 DN
    bands_dn: NDArray[np.float64]
    mean_dn: float
    middle_dn: float  # median
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


def _shrunk(pixels: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.float32]:
    """Return the means over areas, not rounded; ``size`` is width and height.

    Notes
    -----
    A quarter of the size, which that of most cameras is, takes half as long in whole numbers: four levels lie
    in each word, and the sums of sixteen fit into half a word.
    """
    rows, columns = pixels.shape
    if (4 * size[0], 4 * size[1]) != (columns, rows) or not pixels.flags.c_contiguous:
        whole = pixels.astype(np.float32)
        return np.asarray(cv2.resize(whole, size, interpolation=cv2.INTER_AREA), np.float32)
    fours = pixels.view(np.uint32)
    pairs = fours & EVEN_LEVELS
    pairs += (fours >> np.uint32(8)) & EVEN_LEVELS
    sums = pairs[0::4] + pairs[1::4]
    sums += pairs[2::4]
    sums += pairs[3::4]
    small = ((sums & np.uint32(0xFFFF)) + (sums >> np.uint32(16))).astype(np.float32)
    small /= np.float32(16)
    return small


def examine(frame: Frame) -> FrameStats:
    """Shrink a frame and measure its brightness by horizontal bands."""
    rows, columns = frame.pixels.shape
    width = min(columns, SMALL_WIDTH_PX)
    height = max(8, round(rows * width / columns))
    small = _shrunk(frame.pixels, (width, height))
    means = small.mean(axis=1, dtype=np.float64)
    edges = np.linspace(0, height, BANDS + 1).astype(int)
    bands = np.add.reduceat(means, edges[:-1]) / np.diff(edges)
    return FrameStats(
        frame=frame,
        small=small,
        bands_dn=bands,
        mean_dn=float(means.mean()),
        middle_dn=median(small[::2, ::2]),
        blown_share=float(np.count_nonzero(small >= SATURATED_DN)) / small.size,
    )

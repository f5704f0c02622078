"""How the wall moved between two pictures, whatever light they were taken in.

Pictures are compared as local contrast (each pixel over its neighbourhood), which the light's strength does
not change. Phase correlation gives the shift, sparse optical flow refines it to a similarity.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from lensdetect.exposure import Look

Matrix = NDArray[np.float64]  # (2, 3): picture coordinates to picture coordinates

CONTRAST_GAIN = 400.0  # grey steps per unit of local contrast
NEIGHBOURHOOD_SIGMA_PX = 6.0
FEATURES = 90
FLOW_WINDOW_PX = 15
INLIER_PX = 1.0
MIN_INLIERS = 12
MIN_INLIER_SHARE = 0.4
MIN_RESPONSE = 0.06  # peak of the phase correlation below which the shift is a guess
MAX_TURN = 0.12  # rotation or scale change between two looks that a hand can do
FLOOR_DN = 3.0
KEPT_POSES = 128
SURPRISE_PX, SURPRISE_SHARE = 12.0, 0.6  # further from the even speed than this is a wrong match


@dataclass(frozen=True, slots=True, kw_only=True)
class Motion:
    """Where points of one picture are in another; ``trusted`` is False where it is only a guess."""

    matrix: Matrix
    trusted: bool
    response: float

    def move(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Map points, shape (n, 2)."""
        moved: NDArray[np.float64] = points @ self.matrix[:, :2].T + self.matrix[:, 2]
        return moved

    @property
    def shift_px(self) -> tuple[float, float]:
        """Return the translation part."""
        return float(self.matrix[0, 2]), float(self.matrix[1, 2])


STILL = Motion(matrix=np.array([[1.0, 0, 0], [0, 1.0, 0]]), trusted=False, response=0.0)


def contrast(small: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return local contrast as grey around 128: ``(I − mean)/mean`` in the neighbourhood, clipped."""
    picture = small.astype(np.float32)
    around = np.asarray(cv2.GaussianBlur(picture, (0, 0), NEIGHBOURHOOD_SIGMA_PX), np.float32)
    fine = np.asarray(cv2.GaussianBlur(picture, (3, 3), 0.8), np.float32)
    fine -= around
    fine /= around + FLOOR_DN
    fine *= CONTRAST_GAIN
    fine += 128.5
    return np.clip(fine, 0, 255).astype(np.uint8)


@lru_cache(maxsize=8)
def _taper(shape: tuple[int, ...]) -> NDArray[np.float32]:
    return np.asarray(cv2.createHanningWindow((shape[1], shape[0]), cv2.CV_32F), np.float32)


def register(
    scale: float, *, a: NDArray[np.uint8], b: NDArray[np.uint8], guess_px: tuple[float, float] | None = None
) -> Motion:
    """Return the motion between two pictures of which ``a`` and ``b`` are the `contrast`, in full pixels.

    ``guess_px`` (full pixels) is where the hand's speed should have taken the wall: tried first, because
    tiled walls look alike after every tile. ``scale`` is small pixels per full pixel.
    """
    if a.shape != b.shape:
        return STILL
    corners = cv2.goodFeaturesToTrack(a, FEATURES, 0.02, 9)
    points = None if corners is None else np.asarray(corners, np.float32)
    if guess_px is not None and points is not None:
        matrix = _flow(a, b, points, (guess_px[0] * scale, guess_px[1] * scale))
        if matrix is not None:
            return Motion(matrix=_enlarge(matrix, scale), trusted=True, response=1.0)
    first, second = (x.astype(np.float32) - 128.0 for x in (a, b))
    (dx, dy), response = cv2.phaseCorrelate(first, second, _taper(a.shape))
    if not np.isfinite([dx, dy, response]).all() or response < MIN_RESPONSE:
        dx, dy, response = 0.0, 0.0, 0.0
    matrix = None if points is None else _flow(a, b, points, (dx, dy))
    if matrix is not None:
        return Motion(matrix=_enlarge(matrix, scale), trusted=True, response=float(response))
    rigid = np.array([[1.0, 0, dx], [0, 1.0, dy]])
    return Motion(
        matrix=_enlarge(rigid, scale), trusted=response >= 2 * MIN_RESPONSE, response=float(response)
    )


def _flow(
    a: NDArray[np.uint8], b: NDArray[np.uint8], points: NDArray[np.float32], shift: tuple[float, float]
) -> Matrix | None:
    """Refine a shift to a similarity by sparse optical flow; None where too few points agree."""
    if len(points) < MIN_INLIERS:
        return None
    guess = (points + np.array(shift, np.float32)).astype(np.float32)
    window = (FLOW_WINDOW_PX, FLOW_WINDOW_PX)
    flags = cv2.OPTFLOW_USE_INITIAL_FLOW
    found, status, _ = cv2.calcOpticalFlowPyrLK(a, b, points, guess, winSize=window, maxLevel=2, flags=flags)
    good = status.ravel() == 1
    if int(good.sum()) < MIN_INLIERS:
        return None
    matrix, inliers = cv2.estimateAffinePartial2D(
        points[good], found[good], method=cv2.RANSAC, ransacReprojThreshold=INLIER_PX
    )
    if matrix is None or int(inliers.sum()) < max(MIN_INLIERS, MIN_INLIER_SHARE * int(good.sum())):
        return None
    if np.abs(matrix[:, :2] - np.eye(2)).max() > MAX_TURN:
        return None
    return np.asarray(matrix, float)


def _enlarge(matrix: Matrix, scale: float) -> Matrix:
    """Turn a matrix between small pictures into one between full ones (pixel centres at whole numbers)."""
    offset = (0.5 / scale - 0.5) * np.ones(2)
    big = matrix.copy()
    big[:, 2] = matrix[:, 2] / scale + offset - matrix[:, :2] @ offset
    return big


class Follower:
    """Chains motions from picture to picture, so that any two of late can be laid over each other."""

    def __init__(self) -> None:
        self._chain: OrderedDict[int, NDArray[np.float64]] = OrderedDict()  # seq -> first picture to this one
        self._last: tuple[Look, NDArray[np.uint8]] | None = None
        self._speed_px_s = np.zeros(2)
        self.unclear = 0

    def push(self, look: Look) -> Motion | None:
        """Take the next lit picture; return its motion from the one before, None for the first."""
        fine = contrast(look.small)
        before, self._last = self._last, (look, fine)
        if before is None or before[1].shape != fine.shape:
            self._chain.clear()
            self._remember(look, np.eye(3))
            return None
        seconds = max((look.frame.t_ns - before[0].frame.t_ns) * 1e-9, 0.0)
        guess = self._speed_px_s * seconds
        motion = register(look.scale, a=before[1], b=fine, guess_px=(float(guess[0]), float(guess[1])))
        if not motion.trusted:
            self.unclear += 1
            motion = _guessed(guess)
        elif seconds > 0:
            self._speed_px_s = _shift_of_middle(motion, look) / seconds
        self._remember(look, _square(motion.matrix) @ self._chain[before[0].frame.seq])
        return motion

    def _remember(self, look: Look, chain: NDArray[np.float64]) -> None:
        self._chain[look.frame.seq] = chain
        while len(self._chain) > KEPT_POSES:
            self._chain.popitem(last=False)

    def motion(self, start: Look, end: Look) -> Motion | None:
        """Return the motion between two pictures that were pushed; None if one is forgotten."""
        a, b = self._chain.get(start.frame.seq), self._chain.get(end.frame.seq)
        if a is None or b is None:
            return None
        matrix = (b @ np.linalg.inv(a))[:2]
        return Motion(matrix=matrix, trusted=True, response=1.0)

    def motion_to_dark(self, lit: Look, dark: Look) -> Motion:
        """Return the motion to a picture taken without our light, by its own texture or by even speed."""
        seconds = (dark.frame.t_ns - lit.frame.t_ns) * 1e-9
        guess = self._speed_px_s * seconds
        a, b = contrast(lit.small), contrast(dark.small)
        motion = register(lit.scale, a=a, b=b, guess_px=(float(guess[0]), float(guess[1])))
        surprise = float(np.hypot(*(_shift_of_middle(motion, lit) - guess)))
        near = surprise < SURPRISE_SHARE * float(np.hypot(*guess)) + SURPRISE_PX
        return motion if motion.trusted and near else _guessed(guess)


def _guessed(shift: NDArray[np.float64]) -> Motion:
    matrix = np.array([[1.0, 0.0, shift[0]], [0.0, 1.0, shift[1]]])
    return Motion(matrix=matrix, trusted=False, response=0.0)


def _square(matrix: Matrix) -> NDArray[np.float64]:
    return np.vstack([matrix, (0.0, 0.0, 1.0)])


def _shift_of_middle(motion: Motion, look: Look) -> NDArray[np.float64]:
    rows, columns = look.frame.pixels.shape
    middle = np.array([[columns / 2, rows / 2]])
    shift: NDArray[np.float64] = (motion.move(middle) - middle)[0]
    return shift

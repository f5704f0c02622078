"""Measures how the wall moved between two pictures, whatever light they were taken in.

Pictures are compared as local contrast (each pixel over its neighbourhood), which the light's strength does
not change. Starting from where the hand's speed should have taken the wall, a motion (scale,
turn, shift, keystone) is refined by inverse
compositional Gauss-Newton steps over the steepest pixels; only where that fails, phase
correlation gives another start. Tiled walls look alike after every tile, so the speed goes first.

References
----------
Baker & Matthews, "Lucas-Kanade 20 years on", IJCV 56 (2004): inverse compositional alignment.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from lensdetect.frame_stats import FrameStats
from lensdetect.texture import Matrix, Plane, Steepest, Texture, texture_of

MAX_STEPS = (12, 5)  # coarse level, fine level
SETTLED_PX = 0.02
STIFFNESS = np.array([1e-3, 1e-3, 1e-6, 1e-6, 1e-2, 1e-2])  # what weak texture cannot tell stays as it was
GOOD_LIKENESS = 0.55  # correlation of the aligned pictures at which no other start is tried
MIN_LIKENESS = 0.2  # below this the pictures were not aligned at all
DARK_LIKENESS = 0.5  # of a picture in room light, below which it says nothing of the hand
MAX_TURN = 0.12  # rotation or change of scale between two looks that a hand can do
NEW_START_GAIN = 0.1  # how much better another start must be than the hand's own speed
MIN_OVERLAP = 0.4  # share of the used pixels that must be in both pictures
FIRST_LIKENESS = 0.9  # taken for usual before any was seen
LIKENESS_MEMORY = 0.1  # weight of the newest
KEPT_POSES = 128
KEPT_TEXTURES = 24
SURPRISE_PX, SURPRISE_SHARE = 12.0, 0.6  # further from even speed than this is a wrong match
SPEED_MEMORY = 0.35  # weight of the old speed in the new


@dataclass(frozen=True, slots=True, kw_only=True)
class Motion:
    """The motion of points from one picture to another; ``trusted`` is False where it is only a guess."""

    matrix: Matrix
    trusted: bool
    likeness: float

    def move(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Map points, shape (n, 2)."""
        return warp(self.matrix, points)

    def move_point(self, x: float, y: float) -> tuple[float, float]:
        """Map one point."""
        (a, b, c), (d, e, f), (g, h, i) = self.matrix.tolist()
        deep = g * x + h * y + i
        return ((a * x + b * y + c) / deep, (d * x + e * y + f) / deep) if deep else (math.nan, math.nan)


def warp(matrix: Matrix, points: NDArray[np.floating]) -> NDArray[np.float64]:
    """Map points by a 3×3 matrix.

    Parameters
    ----------
    matrix : ndarray, shape (3, 3)
        The motion, in the unit of the points.
    points : ndarray, shape (n, 2)
        x and y, px.

    Returns
    -------
    ndarray, shape (n, 2)
        Moved points, px.
    """
    moved = points @ matrix[:2, :2].T + matrix[:2, 2]
    moved /= (points @ matrix[2, :2] + matrix[2, 2])[:, None]
    return np.asarray(moved, np.float64)


STILL = Motion(matrix=np.eye(3), trusted=False, likeness=0.0)


def _small_motion(p: NDArray[np.float64], level: Steepest) -> Matrix:
    """Return the matrix of scale, turn, shift and the keystone of a turning hand, in pixels."""
    inner = np.array([[1 + p[0], -p[1], p[2]], [p[1], 1 + p[0], p[3]], [p[4], p[5], 1.0]])
    matrix: Matrix = level.from_unit @ inner @ level.unit
    return matrix


def _refine(reference: Steepest, moving: Plane, start: Matrix, steps: int) -> tuple[Matrix, float]:
    """Improve ``start`` by Gauss-Newton; return it with the likeness reached."""
    matrix, likeness = start, 0.0
    rows, columns = moving.shape
    for _ in range(steps):
        moved = matrix.astype(np.float32) @ reference.points
        x, y = moved[0] / moved[2], moved[1] / moved[2]
        inside = (x >= 0) & (x <= columns - 1) & (y >= 0) & (y <= rows - 1)
        count = np.count_nonzero(inside)
        if count < MIN_OVERLAP * len(x):
            return matrix, 0.0
        # What lies outside weighs nothing.
        a = reference.values * inside
        off = cv2.remap(moving, x[None], y[None], cv2.INTER_LINEAR)[0]
        off *= inside
        power = float(a @ a) + 1e-9
        gain = float(a @ off) / power
        likeness = float(a @ off) / float(np.sqrt(power * (float(off @ off) + 1e-9)))
        a *= np.float32(max(gain, 0.1))
        off -= a
        weight = off / np.float32(2 * float(np.abs(off).sum()) / count + 1e-6)
        weight *= weight
        weight += 1
        np.divide(inside, weight, out=weight)
        weighted = reference.slopes * weight
        normal = (weighted @ reference.slopes.T).astype(float)
        normal.flat[:: len(normal) + 1] += STIFFNESS * normal.diagonal() + 1e-9
        step = np.linalg.solve(normal, (weighted @ off).astype(float)) / max(gain, 0.1)
        matrix = matrix @ np.linalg.inv(_small_motion(step, reference))
        matrix /= matrix[2, 2]
        if float(np.abs(step).max()) * columns / 2 < SETTLED_PX:
            break
    return matrix, likeness


def register(
    a: Texture, b: Texture, *, guess: Matrix | None = None, usual_likeness: float = GOOD_LIKENESS
) -> Motion:
    """Return the motion from picture ``a`` to picture ``b``.

    Parameters
    ----------
    a, b : Texture
        The pictures as local contrast.
    guess : ndarray, shape (3, 3), optional
        Where to start, full pixels.
    usual_likeness : float
        How alike pictures of this wall usually are.

    Returns
    -------
    Motion
        Matrix in full pixels; `STILL` for pictures of different size.

    Notes
    -----
    A pattern that repeats is alike a whole period off, but less so: where the result is clearly less alike
    than usual, other starts are tried.
    """
    if a.levels[1].plane.shape != b.levels[1].plane.shape:
        return STILL
    best, likeness = _from_start(a, b, np.eye(3) if guess is None else guess)
    for retry in ("still", "phase"):
        if likeness >= max(GOOD_LIKENESS, usual_likeness - NEW_START_GAIN):
            break
        start = np.eye(3) if retry == "still" else _phase_start(a, b)
        other, other_likeness = _from_start(a, b, start)
        if other_likeness > likeness + NEW_START_GAIN:
            best, likeness = other, other_likeness
    turned = float(np.abs(best[:2, :2] - np.eye(2)).max()) > MAX_TURN
    return Motion(matrix=best, trusted=likeness >= MIN_LIKENESS and not turned, likeness=likeness)


def _from_start(a: Texture, b: Texture, start: Matrix) -> tuple[Matrix, float]:
    matrix, likeness = start, 0.0
    for reference, moving, steps, shrink in zip(a.levels, b.levels, MAX_STEPS, (0.5, 1.0), strict=True):
        to_level, back = _zoom(a.scale * shrink)
        inner, likeness = _refine(reference.steepest, moving.plane, to_level @ matrix @ back, steps)
        matrix = back @ inner @ to_level
    return matrix, likeness


def to_small(matrix: Matrix, scale: float) -> Matrix:
    """Return a motion of full pixels as one of pixels of the shrunk pictures.

    Parameters
    ----------
    matrix : ndarray, shape (3, 3)
        Motion in full pixels.
    scale : float
        Of the shrunk pictures, as `register` uses it.

    Returns
    -------
    ndarray, shape (3, 3)
        Motion in pixels of the shrunk pictures.
    """
    zoom, back = _zoom(scale)
    small: Matrix = zoom @ matrix @ back
    return small


@lru_cache(maxsize=16)
def _zoom(scale: float) -> tuple[Matrix, Matrix]:
    """Return the matrices from full pixels to those of a shrunk picture and back (centres at integers)."""
    shift = 0.5 * scale - 0.5
    zoom = np.array([[scale, 0.0, shift], [0.0, scale, shift], [0.0, 0.0, 1.0]])
    return zoom, np.linalg.inv(zoom)


@lru_cache(maxsize=8)
def _taper(shape: tuple[int, ...]) -> Plane:
    return np.asarray(cv2.createHanningWindow((shape[1], shape[0]), cv2.CV_32F), np.float32)


def _phase_start(a: Texture, b: Texture) -> Matrix:
    first, second = a.levels[0].plane, b.levels[0].plane
    (dx, dy), _ = cv2.phaseCorrelate(first, second, _taper(first.shape))
    shift = np.eye(3)
    if np.isfinite([dx, dy]).all():
        shift[:2, 2] = np.array([dx, dy]) / (0.5 * a.scale)
    return shift


class MotionFollower:
    """Chains motions from picture to picture, so that any two of late can be laid over each other."""

    def __init__(self) -> None:
        self._chain: OrderedDict[int, Matrix] = OrderedDict()  # seq -> from the first picture to this one
        self._textures: OrderedDict[int, Texture] = OrderedDict()
        self._lit: FrameStats | None = None  # the last one in which our light shone
        self._last: FrameStats | None = None  # the last one whose place is known, lit or dark
        self._speed_px_s = np.zeros(2)
        self._usual = FIRST_LIKENESS
        self.unclear = 0

    def texture(self, look: FrameStats) -> Texture:
        """Return the texture of a picture, computed once."""
        known = self._textures.get(look.frame.seq)
        if known is None:
            known = self._textures[look.frame.seq] = texture_of(look)
            while len(self._textures) > KEPT_TEXTURES:
                self._textures.popitem(last=False)
        return known

    def push(self, look: FrameStats, *, lit: bool = True) -> Motion | None:
        """Take the next picture; return its motion from the last lit one, None where there is none.

        Lit pictures are laid over the last lit one. Dark ones in between only tell, where room light shows
        the wall, how the hand went on: over a longer gap a pattern fits a whole period off as well.
        """
        before, last = self._lit, self._last
        if before is None or last is None or before.small.shape != look.small.shape:
            self._start(look if lit else None)
            return None
        seconds = max((look.frame.t_ns - last.frame.t_ns) * 1e-9, 0.0)
        step = _shifted(self._speed_px_s * seconds)
        if not lit:
            return self._push_dark(last, look, step, seconds)
        guess = step @ self._between(before, last)
        motion = register(self.texture(before), self.texture(look), guess=guess, usual_likeness=self._usual)
        self._usual += LIKENESS_MEMORY * (motion.likeness - self._usual)
        if not motion.trusted:
            self.unclear += 1
            motion = Motion(matrix=guess, trusted=False, likeness=0.0)
        else:
            self._note_speed(motion.matrix @ np.linalg.inv(self._between(before, last)), look, seconds)
        self._remember(look, motion.matrix @ self._chain[before.frame.seq])
        self._lit = self._last = look
        return motion

    def _push_dark(self, last: FrameStats, look: FrameStats, guess: Matrix, seconds: float) -> Motion:
        motion = register(self.texture(last), self.texture(look), guess=guess)
        expected = _shift_of_middle(guess, look)
        surprise = float(np.hypot(*(_shift_of_middle(motion.matrix, look) - expected)))
        near = surprise < SURPRISE_SHARE * float(np.hypot(*expected)) + SURPRISE_PX
        if not (motion.trusted and near and motion.likeness >= DARK_LIKENESS):
            return Motion(matrix=guess, trusted=False, likeness=0.0)
        self._note_speed(motion.matrix, look, seconds)
        self._remember(look, motion.matrix @ self._chain[last.frame.seq])
        self._last = look
        return motion

    def _start(self, look: FrameStats | None) -> None:
        self._chain.clear()
        self._textures.clear()
        self._speed_px_s[:] = 0
        self._lit = self._last = look
        if look is not None:
            self._remember(look, np.eye(3))

    def _between(self, start: FrameStats, end: FrameStats) -> Matrix:
        matrix: Matrix = self._chain[end.frame.seq] @ np.linalg.inv(self._chain[start.frame.seq])
        return matrix

    def _note_speed(self, matrix: Matrix, look: FrameStats, seconds: float) -> None:
        if seconds > 0:
            speed = _shift_of_middle(matrix, look) / seconds
            self._speed_px_s = SPEED_MEMORY * self._speed_px_s + (1 - SPEED_MEMORY) * speed

    def _remember(self, look: FrameStats, chain: Matrix) -> None:
        self._chain[look.frame.seq] = chain
        while len(self._chain) > KEPT_POSES:
            self._chain.popitem(last=False)

    def motion(self, start: FrameStats, end: FrameStats) -> Motion | None:
        """Return the motion between two pictures that were pushed; None if one is forgotten."""
        a, b = self._chain.get(start.frame.seq), self._chain.get(end.frame.seq)
        if a is None or b is None:
            return None
        return Motion(matrix=b @ np.linalg.inv(a), trusted=True, likeness=1.0)

    def motion_to_dark(self, lit: FrameStats, dark: FrameStats) -> Motion:
        """Return the motion to a picture taken without our light, by its own texture or by even speed."""
        known = self.motion(lit, dark)
        if known is not None:
            return known
        seconds = (dark.frame.t_ns - lit.frame.t_ns) * 1e-9
        return Motion(matrix=_shifted(self._speed_px_s * seconds), trusted=False, likeness=0.0)


def _shifted(shift: NDArray[np.float64]) -> Matrix:
    matrix = np.eye(3)
    matrix[:2, 2] = shift
    return matrix


def _shift_of_middle(matrix: Matrix, look: FrameStats) -> NDArray[np.float64]:
    rows, columns = look.frame.pixels.shape
    middle = np.array([[columns / 2, rows / 2]])
    shift: NDArray[np.float64] = (warp(matrix, middle) - middle)[0]
    return shift

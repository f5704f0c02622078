"""Finds the printed target in a picture: where each point of the page is, and how the lens bends it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from lensdetect.target_layout import MARKERS_MM, PAGE_MM, marker_corners_mm, marker_dictionary

FEWEST_MARKERS = 5
LEAST_LIT_DN = 10.0  # the brightest of a picture in which a page is looked for
LARGEST_BEND = 0.4  # relative shift at half the picture's width that is tried
LEAST_REACH = 0.4  # of half the width that the markers must reach to, to tell distortion
MOST_OFF_PX = 2.5  # of the markers' corners from where the fit has them


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetFit:
    """Where the page is in a picture.

    ``matrix`` leads from mm on the page to px from the middle of the picture, before the lens bends them by
    ``1 + bend·r²``, r in half widths. ``reach`` is the largest r of a marker.
    """

    matrix: NDArray[np.float64]
    bend: float
    size: tuple[int, int]  # width and height, px
    reach: float

    def to_px(self, places_mm: ArrayLike) -> NDArray[np.float64]:
        """Return column and row of places on the page.

        Parameters
        ----------
        places_mm : array_like, shape (n, 2)
            mm from the page's upper left corner.

        Returns
        -------
        ndarray, shape (n, 2)
            px.
        """
        plain = _projected(self.matrix, np.asarray(places_mm, float))
        r2 = (plain * plain).sum(axis=1, keepdims=True) / (self.size[0] / 2) ** 2
        return np.asarray(plain * (1 + self.bend * r2) + (np.array(self.size) - 1) / 2)

    def edge_shift(self) -> float:
        """Return how far the lens moves what is seen at the picture's left and right edge.

        Returns
        -------
        float
            Over its distance from the middle; negative where the lens draws inward (a barrel).
        """
        edge = np.array([[self.size[0] / 2, 0.0]])
        return float(edge[0, 0] / _unbent(edge, self.bend, edge[0, 0])[0, 0] - 1)


def find_target(lit: NDArray[np.float32]) -> TargetFit | None:
    """Return where the page is.

    Parameters
    ----------
    lit : ndarray, shape (height, width)
        The page under one light, DN.

    Returns
    -------
    TargetFit or None
        None where fewer than `FEWEST_MARKERS` are seen, or they do not fit on one flat page.
    """
    top = float(np.quantile(lit, 0.995))
    if top < LEAST_LIT_DN:
        return None
    grey = np.clip(lit * (255.0 / top), 0, 255).astype(np.uint8)
    parameters = cv2.aruco.DetectorParameters()
    parameters.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_SUBPIX
    found, numbers, _ = cv2.aruco.ArucoDetector(marker_dictionary(), parameters).detectMarkers(grey)
    if numbers is None:
        return None
    seen = {int(n): np.asarray(c, float).reshape(4, 2) for n, c in zip(numbers.ravel(), found, strict=True)}
    known = sorted(n for n in seen if n in MARKERS_MM)
    if len(known) < FEWEST_MARKERS:
        return None
    return _fit(
        np.concatenate([marker_corners_mm(n) for n in known]),
        np.concatenate([seen[n] for n in known]),
        size=(lit.shape[1], lit.shape[0]),
    )


def _fit(
    places_mm: NDArray[np.float64], seen_px: NDArray[np.float64], *, size: tuple[int, int]
) -> TargetFit | None:
    """Fit homography and bend together: the bend that leaves least, by shrinking steps."""
    half = size[0] / 2
    seen = seen_px - (np.array(size) - 1) / 2
    reach = float(np.hypot(*seen.T).max()) / half

    def left_over(bend: float) -> tuple[float, NDArray[np.float64]]:
        matrix = _homography(places_mm, _unbent(seen, bend, half))
        plain = _projected(matrix, places_mm)
        bent = plain * (1 + bend * (plain * plain).sum(axis=1, keepdims=True) / half**2)
        return float(np.hypot(*(bent - seen).T).mean()), matrix

    best, step = 0.0, LARGEST_BEND / 4
    if reach >= LEAST_REACH:
        while step > 1e-4:
            best = min((best - step, best, best + step), key=lambda bend: left_over(bend)[0])
            best, step = min(max(best, -LARGEST_BEND), LARGEST_BEND), 0.7 * step
    off_px, matrix = left_over(best)
    return None if off_px > MOST_OFF_PX else TargetFit(matrix=matrix, bend=best, size=size, reach=reach)


def _unbent(seen: NDArray[np.float64], bend: float, half: float) -> NDArray[np.float64]:
    plain = seen
    for _ in range(8):
        plain = seen / (1 + bend * (plain * plain).sum(axis=1, keepdims=True) / half**2)
    return plain


def _homography(places: NDArray[np.float64], seen: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the 3×3 matrix by the normalised direct linear transform."""
    rows = []
    scales = [(v.mean(axis=0), float(v.std()) or 1.0) for v in (places, seen)]
    (middle_a, size_a), (middle_b, size_b) = scales
    for (x, y), (u, v) in zip((places - middle_a) / size_a, (seen - middle_b) / size_b, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y, -u], [0, 0, 0, x, y, 1, -v * x, -v * y, -v]]
    inner = np.linalg.svd(np.array(rows))[2][-1].reshape(3, 3)
    before = np.array(
        [[1 / size_a, 0, -middle_a[0] / size_a], [0, 1 / size_a, -middle_a[1] / size_a], [0, 0, 1]]
    )
    after = np.array([[size_b, 0, middle_b[0]], [0, size_b, middle_b[1]], [0, 0, 1]])
    matrix = after @ inner @ before
    return np.asarray(matrix / matrix[2, 2])


def _projected(matrix: NDArray[np.float64], places: NDArray[np.float64]) -> NDArray[np.float64]:
    flat = np.column_stack([places, np.ones(len(places))]) @ matrix.T
    return np.asarray(flat[:, :2] / flat[:, 2:])


def view_of(fit: TargetFit, wall_m: float) -> tuple[float, float] | None:
    """Return field of view and tilt by the true distance of the page.

    Parameters
    ----------
    fit : TargetFit
        Where the page is.
    wall_m : float
        From the lens straight to the page's plane, m.

    Returns
    -------
    (float, float) or None
        Horizontal field of view without the lens's bend, and angle between page and picture, degrees. None
        where no focal length fits.

    Notes
    -----
    For a focal length f the homography gives the page's axes and place up to their scale; the axes' mean
    length is one mm. The distance to the plane grows with f, which is found by halving.
    """
    low, high = 0.2 * fit.size[0], 5.0 * fit.size[0]
    if not _plane(fit, low)[0] < 1e3 * wall_m < _plane(fit, high)[0]:
        return None
    while high - low > 0.01:
        middle = (low + high) / 2
        low, high = (middle, high) if _plane(fit, middle)[0] < 1e3 * wall_m else (low, middle)
    view = 2 * math.degrees(math.atan(fit.size[0] / 2 / low))
    return view, _plane(fit, low)[1]


def _plane(fit: TargetFit, focal_px: float) -> tuple[float, float]:
    """Return the distance of the page's plane, mm, and its tilt, degrees."""
    rays = np.diag([1 / focal_px, 1 / focal_px, 1.0]) @ fit.matrix
    scale = (np.linalg.norm(rays[:, 0]) + np.linalg.norm(rays[:, 1])) / 2
    right, down, corner = (rays[:, i] / scale for i in range(3))
    normal = np.cross(right, down)
    normal = normal / np.linalg.norm(normal)
    return abs(float(normal @ corner)), math.degrees(math.acos(min(1.0, abs(float(normal[2])))))


def on_page(fit: TargetFit, x_px: int, y_px: int) -> bool:
    """Return whether a pixel lies on the page.

    Parameters
    ----------
    fit : TargetFit
        Where the page is.
    x_px, y_px : int
        Column and row.

    Returns
    -------
    bool
        True on its edge, too.
    """
    wide, high = PAGE_MM
    outline = fit.to_px([[0.0, 0.0], [wide, 0.0], [wide, high], [0.0, high]]).astype(np.float32)
    return cv2.pointPolygonTest(outline, (float(x_px), float(y_px)), measureDist=False) >= 0

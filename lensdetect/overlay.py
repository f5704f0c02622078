"""Draws on a picture what was seen in it and why. Pure: arrays in, array out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from lensdetect.model import Glint, GlintLabel

COLOURS: Mapping[GlintLabel, tuple[int, int, int]] = {
    "lens": (255, 40, 40),
    "unsure": (255, 190, 0),
    "reflector": (90, 160, 255),
    "specular": (120, 200, 120),
    "lamp": (200, 120, 255),
}
RING_SHARE = 0.012  # radius of the mark, of the picture's width
MAP_SHARE = 0.22  # width of the coverage map, of the picture's width
MAP_COLOURS = np.array([(40, 40, 40), (70, 110, 70), (80, 160, 80), (90, 220, 90)], np.uint8)
TEXT_LIMIT = 48


def draw(
    pixels: NDArray[np.uint8],
    glints: Sequence[Glint],
    *,
    reasons: Mapping[int, str] | None = None,
    coverage_map: NDArray[np.uint8] | None = None,
    guidance: str = "",
    distance_m: float | None = None,
) -> NDArray[np.uint8]:
    """Return the picture in RGB with every glint marked, named and explained.

    Parameters
    ----------
    pixels : ndarray, shape (height, width)
        The grey ring picture.
    glints : sequence of Glint
        Drawn where their latest sighting was.
    reasons : mapping of int to str, optional
        A short text by the glint's id.
    coverage_map : ndarray, shape (rows, columns), optional
        Number of view angles (0…3) a cell, drawn in the corner.
    guidance : str
        Written at the bottom.
    distance_m : float, optional
        To the wall, written beside the guidance.

    Returns
    -------
    ndarray, shape (height, width, 3), uint8
        RGB.
    """
    picture = np.repeat(pixels[:, :, None], 3, axis=2).copy()
    radius = max(5, round(RING_SHARE * pixels.shape[1]))
    for glint in sorted(glints, key=lambda g: (g.label == "lens", g.score, g.id)):
        colour = COLOURS[glint.label]
        place = (round(glint.x_px), round(glint.y_px))
        cv2.circle(picture, place, radius, colour, 2 if glint.label == "lens" else 1, cv2.LINE_AA)
        reason = (reasons or {}).get(glint.id, "")
        _write(picture, f"{glint.label} {glint.score:.2f}", (place[0] + radius + 3, place[1]), colour)
        if reason:
            _write(picture, reason, (place[0] + radius + 3, place[1] + 2 * radius), colour)
    if coverage_map is not None:
        _inset(picture, coverage_map)
    told = " ".join(filter(None, ("" if distance_m is None else f"{distance_m:.2f} m", guidance)))
    if told:
        _write(picture, told, (8, pixels.shape[0] - 10), (255, 255, 255))
    return picture


def _write(
    picture: NDArray[np.uint8], text: str, place: tuple[int, int], colour: tuple[int, int, int]
) -> None:
    plain = text.encode("ascii", "replace").decode()[:TEXT_LIMIT]
    size = max(0.35, picture.shape[1] / 2400)
    below = (place[0] + 1, place[1] + 1)  # a thicker stroke would be a wider text
    cv2.putText(picture, plain, below, cv2.FONT_HERSHEY_SIMPLEX, size, (0, 0, 0), 1, cv2.LINE_AA)
    cv2.putText(picture, plain, place, cv2.FONT_HERSHEY_SIMPLEX, size, colour, 1, cv2.LINE_AA)


def _inset(picture: NDArray[np.uint8], coverage_map: NDArray[np.uint8]) -> None:
    width = max(8, round(MAP_SHARE * picture.shape[1]))
    height = min(picture.shape[0] // 2, max(8, round(width * coverage_map.shape[0] / coverage_map.shape[1])))
    colours = np.ascontiguousarray(MAP_COLOURS[np.minimum(coverage_map, 3)])
    picture[4 : 4 + height, 4 : 4 + width] = cv2.resize(
        colours, (width, height), interpolation=cv2.INTER_NEAREST
    )

"""The places of what is printed on the target, in mm from the upper left corner of its page.

The page is A4, the long side across. Eight square markers around the edge tell where each point of the page
is in the picture; slanted squares show how sharp it is; on plain paper the two lights are compared; tape that
returns light is stuck on two circles; coloured squares are paper to infrared and colours to everything else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

PAGE_MM = (297.0, 210.0)
MARKER_MM, MODULES = 30.0, 6
# Upper left corner of each marker, by its number in `DICTIONARY`.
MARKERS_MM: Mapping[int, tuple[float, float]] = MappingProxyType(
    {
        0: (12.0, 12.0),
        1: (133.5, 12.0),
        2: (255.0, 12.0),
        3: (255.0, 90.0),
        4: (255.0, 168.0),
        5: (133.5, 168.0),
        6: (12.0, 168.0),
        7: (12.0, 90.0),
    }
)
DICTIONARY = cv2.aruco.DICT_4X4_50
STAR_MM, STAR_RADIUS_MM, STAR_SPOKES = (98.0, 105.0), 20.0, 24
WHITE_MM, WHITE_SIDE_MM = (199.0, 105.0), 36.0
TAPES_MM, TAPE_RADIUS_MM = ((112.0, 66.0), (185.0, 66.0)), 9.0
# Colours that near infrared does not see: their places, and red, green and blue of the print.
INKS_MM: Mapping[tuple[int, int, int], tuple[float, float]] = MappingProxyType(
    {(0, 160, 220): (112.0, 144.0), (220, 0, 130): (148.5, 144.0), (255, 230, 0): (185.0, 144.0)}
)
INK_SIDE_MM = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SlantedSquare:
    """A black square whose edges stand aslant to the pixels."""

    centre_mm: tuple[float, float]
    side_mm: float
    turn_deg: float = 5.0

    def corners_mm(self) -> NDArray[np.float64]:
        """Return its four corners in order, shape (4, 2)."""
        turn, half = np.radians(self.turn_deg), self.side_mm / 2
        plain = np.array([[-half, -half], [half, -half], [half, half], [-half, half]])
        turned = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        return np.asarray(plain @ turned + self.centre_mm)


MIDDLE_SQUARE = SlantedSquare(centre_mm=(148.5, 105.0), side_mm=44.0)
OUTER_SQUARES = tuple(
    SlantedSquare(centre_mm=place, side_mm=24.0)
    for place in ((66.0, 66.0), (231.0, 66.0), (231.0, 144.0), (66.0, 144.0))
)


@lru_cache(maxsize=1)
def marker_dictionary() -> cv2.aruco.Dictionary:
    """Return the dictionary that the markers are of."""
    return cv2.aruco.getPredefinedDictionary(DICTIONARY)


def marker_modules(number: int) -> NDArray[np.bool_]:
    """Return which of the modules of a marker are black.

    Parameters
    ----------
    number : int
        Of the marker, in `DICTIONARY`.

    Returns
    -------
    ndarray of bool, shape (MODULES, MODULES)
        The first row is the upper one; the outermost modules are all black.
    """
    drawn = cv2.aruco.generateImageMarker(marker_dictionary(), number, MODULES, borderBits=1)
    return np.asarray(drawn == 0)


def marker_corners_mm(number: int) -> NDArray[np.float64]:
    """Return the corners of a marker, clockwise from the upper left one.

    Parameters
    ----------
    number : int
        One of `MARKERS_MM`.

    Returns
    -------
    ndarray, shape (4, 2)
        mm.
    """
    side = MARKER_MM
    outline = np.array([[0.0, 0.0], [side, 0.0], [side, side], [0.0, side]])
    return np.asarray(outline + MARKERS_MM[number])

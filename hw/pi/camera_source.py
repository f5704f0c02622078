"""The interface of a camera source and the picture it delivers, whichever library it comes through."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from hw.config import CameraConfig

EXPOSURE_TOLERANCE = 0.05  # sensors count in lines of about 20 µs
GAIN_TOLERANCE = 0.1  # sensors count in steps of a sixteenth
SLOWEST_RATE = 0.75  # of the rate asked for, below which the strobe's states get long
REPLUG_HINT = "Check the camera's ribbon cable or plug; it is found by itself."


class CameraPicture(NamedTuple):
    """A grey picture of a source. ``taken_ns`` is CLOCK_MONOTONIC or CLOCK_BOOTTIME, None where unknown.

    ``differs`` says, one phrase each, what the camera did not take as it was asked; empty where it was read
    back and is as the settings say.
    """

    pixels: NDArray[np.uint8]
    exposure_us: int | None
    taken_ns: int | None
    differs: tuple[str, ...] = ()


def size_differs(pixels: NDArray[np.uint8], settings: CameraConfig) -> tuple[str, ...]:
    """Return the complaint about a picture whose size is not the one of the settings.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (height, width)
        The picture.
    settings : CameraConfig
        The size that was asked for, in px.

    Returns
    -------
    tuple of str
        One phrase; empty where the size is right.
    """
    rows, columns = pixels.shape
    if (columns, rows) == (settings.width_px, settings.height_px):
        return ()
    asked = f"{settings.width_px}×{settings.height_px}"
    return (f"its pictures are {columns}×{rows}, not {asked} (hw.camera.width_px, height_px)",)


class Source(Protocol):
    """Interface of an open camera."""

    @property
    def name(self) -> str: ...  # noqa: D102
    def capture(self) -> CameraPicture: ...  # noqa: D102
    def close(self) -> None: ...  # noqa: D102

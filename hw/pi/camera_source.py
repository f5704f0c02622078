"""What a camera source hands over, whichever library it comes through."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

EXPOSURE_TOLERANCE = 0.05  # sensors count in lines of about 20 µs
REPLUG_HINT = "Check the camera's ribbon cable or plug; it is found by itself."


class CameraPicture(NamedTuple):
    """A grey picture as a source gives it. ``taken_ns`` is CLOCK_MONOTONIC or CLOCK_BOOTTIME, if known."""

    pixels: NDArray[np.uint8]
    exposure_us: int | None
    taken_ns: int | None


class Source(Protocol):
    """An open camera."""

    @property
    def name(self) -> str: ...  # noqa: D102
    def capture(self) -> CameraPicture: ...  # noqa: D102
    def close(self) -> None: ...  # noqa: D102

"""Cuts out of the live pictures what an alarm names: the patch around a glint, a sender's video picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from firmware.sensor import Views, emissions_in
from firmware.verdict.engine import Snapshot
from firmware.verdict.whereabouts import Whereabouts

PATCH_SHARE = 0.22  # of the camera's picture that is shown around a glint


def patch_of(snapshot: Snapshot, *, sensor: str) -> NDArray[np.uint8] | None:
    """Return the picture of the strongest finding of a sensor.

    Parameters
    ----------
    snapshot : Snapshot
        The moment that is shown.
    sensor : str
        ``lens`` or ``rf``; nothing else has a picture.

    Returns
    -------
    ndarray of uint8, shape (height, width), or None
        Grey values; None where there is no picture now.
    """
    where = next((w for w in snapshot.whereabouts if w.sensor == sensor), None)
    if where is None:
        return None
    if sensor == "lens":
        return glint_patch(where, snapshot.views)
    names = [e.id for e in emissions_in(snapshot.observations) if e.subject == where.subject]
    pictures = snapshot.views.pictures
    return next((pictures[name].pixels for name in names if name in pictures), None)


def glint_patch(where: Whereabouts, views: Views) -> NDArray[np.uint8] | None:
    """Return the part of the camera's picture around a glint, with the glint in its middle where possible.

    Parameters
    ----------
    where : Whereabouts
        Where the glint is, in shares of the picture.
    views : Views
        Holds the camera's picture.

    Returns
    -------
    ndarray of uint8, shape (height, width), or None
        Grey values, `PATCH_SHARE` of the picture's sides; None where there is no picture.
    """
    frame = None if views.lens is None else views.lens.frame
    if frame is None or where.x is None or where.y is None:
        return None
    height, width = frame.pixels.shape
    rows, columns = (max(1, round(PATCH_SHARE * n)) for n in (height, width))
    top = min(max(0, round(where.y * height) - rows // 2), height - rows)
    left = min(max(0, round(where.x * width) - columns // 2), width - columns)
    return frame.pixels[top : top + rows, left : left + columns]

"""Decoding one picture file to grey bytes, whatever it is."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

LARGEST_FILE_BYTES = 1 << 28


def decode_grey(raw: bytes) -> NDArray[np.uint8] | None:
    """Return a picture as grey, None where it cannot be decoded.

    Notes
    -----
    Colour becomes luma (ITU-R BT.601, as OpenCV weighs it), 16 bits become their upper 8, transparency is
    ignored, the EXIF orientation is applied. A JPEG that is cut off gives what is there.
    """
    if not raw:
        return None
    flags = cv2.IMREAD_GRAYSCALE
    try:
        pixels = cv2.imdecode(np.frombuffer(raw, dtype=np.uint8), flags)
    except cv2.error:
        return None
    if pixels is None or not pixels.size or pixels.ndim != 2:
        return None
    return np.ascontiguousarray(pixels, dtype=np.uint8)


def read_bytes(path: Path) -> bytes:
    """Return the bytes of a picture file, none where it is gone or absurdly large."""
    try:
        return path.read_bytes() if path.stat().st_size <= LARGEST_FILE_BYTES else b""
    except OSError:
        return b""

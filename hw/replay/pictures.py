"""Decodes one picture file of any common format to grey levels."""

from __future__ import annotations

import struct
import warnings
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

LARGEST_FILE_BYTES = 1 << 28
MOST_PIXELS = 24_000_000  # of one picture: a grey one then takes 24 MB, and what is computed of it some more


def decode_grey(raw: bytes) -> NDArray[np.uint8] | None:
    """Return a picture as grey, None where it cannot be decoded.

    Parameters
    ----------
    raw
        An image file: PNG, JPEG or what else OpenCV reads.

    Returns
    -------
    numpy.ndarray or None
        2-D (height, width) grey levels 0 to 255.

    Notes
    -----
    Colour becomes luma (ITU-R BT.601, as OpenCV weighs it), 16 bits become their upper 8, transparency is
    ignored, the EXIF orientation is applied. A JPEG that is cut off gives what is there.
    """
    if not raw or is_bomb(raw):
        return None
    flags = cv2.IMREAD_GRAYSCALE
    try:
        pixels = cv2.imdecode(np.frombuffer(raw, dtype=np.uint8), flags)
    except cv2.error:
        return None
    if pixels is None or not pixels.size or pixels.ndim != 2:
        return None
    return np.ascontiguousarray(pixels, dtype=np.uint8)


def is_bomb(raw: bytes) -> bool:
    """Say whether a picture has more pixels than are decoded here, as its header tells."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(BytesIO(raw)) as picture:
                return picture.width * picture.height > MOST_PIXELS
    except Image.DecompressionBombError:
        return True
    except (OSError, ValueError, SyntaxError, TypeError, IndexError, struct.error, MemoryError):
        return False  # no header that is understood: the decoder says what it thinks of it


def read_bytes(path: Path) -> bytes:
    """Return the bytes of a picture file, none where it is gone or absurdly large."""
    try:
        return path.read_bytes() if path.stat().st_size <= LARGEST_FILE_BYTES else b""
    except OSError:
        return b""

"""Decodes one picture file to grey, whatever it is: by OpenCV, or by pillow-heif where that is installed."""

from __future__ import annotations

import struct
import warnings
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hw.errors import MissingComponent

LARGEST_FILE_BYTES = 1 << 28
MOST_PIXELS = 24_000_000  # of one picture: a grey one then takes 24 MB, and what is computed of it some more
HEIF_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"})
HEIF_SUFFIXES = frozenset({".heic", ".heif", ".hif"})
HEIF_HINT = "Export it as JPEG, or install pillow-heif: pip install 'ansim[phone]'."
DEPTHS = (8, 10, 12, 14, 16)  # bits of a sensor


def decode(raw: bytes) -> NDArray[np.uint8] | NDArray[np.uint16] | None:
    """Return a picture as grey of its own depth, None where it cannot be decoded.

    Parameters
    ----------
    raw : bytes
        What the file holds.

    Returns
    -------
    ndarray of uint8 or uint16, shape (rows, columns), or None

    Raises
    ------
    MissingComponent
        It is a HEIF picture, and the library for that is not installed.

    Notes
    -----
    Colour becomes the brightest of its channels: a coated lens answers in one colour, which luma would hide
    (blue weighs 0.11 in ITU-R BT.601). Transparency is ignored, the EXIF orientation is applied. A JPEG that
    is cut off gives what is there.
    """
    if is_heif(raw):
        return _grey(_decode_heif(raw))
    if not raw or is_bomb(raw):
        return None
    try:
        pixels = cv2.imdecode(np.frombuffer(raw, dtype=np.uint8), cv2.IMREAD_ANYCOLOR | cv2.IMREAD_ANYDEPTH)
    except cv2.error:
        return None
    return _grey(pixels)


def _grey(pixels: NDArray[np.generic] | None) -> NDArray[np.uint8] | NDArray[np.uint16] | None:
    if pixels is None or not pixels.size or pixels.dtype not in (np.uint8, np.uint16):
        return None
    if pixels.ndim == 3:
        pixels = pixels[:, :, :3].max(axis=2)
    if pixels.ndim != 2:
        return None
    return np.ascontiguousarray(pixels)


def is_heif(raw: bytes) -> bool:
    """Return whether these are the bytes of a HEIF picture (ISO/IEC 23008-12), as phones take them."""
    return raw[4:8] == b"ftyp" and raw[8:12] in HEIF_BRANDS


def _decode_heif(raw: bytes) -> NDArray[np.uint8] | None:
    try:
        import pillow_heif  # type: ignore[import-not-found, unused-ignore]
    except ImportError as error:
        raise MissingComponent("HEIC pictures cannot be read here", hint=HEIF_HINT) from error
    try:
        picture = pillow_heif.read_heif(BytesIO(raw)).to_pillow().convert("RGB")
    except (ValueError, RuntimeError, OSError, EOFError):
        return None
    return np.asarray(picture, np.uint8)


def require_heif(name: str) -> None:
    """Raise `MissingComponent` for a HEIF picture of that name, unless its library is installed."""
    if find_spec("pillow_heif") is None:
        raise MissingComponent(f"{name}: HEIC cannot be read", hint=HEIF_HINT)


def decode_or_none(raw: bytes) -> NDArray[np.uint8] | NDArray[np.uint16] | None:
    """Return the picture as `decode` does, and None where its library is missing.

    Parameters
    ----------
    raw : bytes
        What the file holds.

    Returns
    -------
    ndarray of uint8 or uint16, shape (rows, columns), or None
    """
    try:
        return decode(raw)
    except MissingComponent:
        return None


def bits_of(pixels: NDArray[np.generic]) -> int:
    """Return the bits of a sensor whose brightest pixel is this picture's.

    Parameters
    ----------
    pixels : ndarray of integers, shape (rows, columns)
        Levels of the sensor.

    Returns
    -------
    int
        One of `DEPTHS`.
    """
    highest = int(pixels.max()) if pixels.size else 0
    return next((bits for bits in DEPTHS if highest < 1 << bits), DEPTHS[-1])


def to_eight_bits(pixels: NDArray[np.uint8] | NDArray[np.uint16], bits: int) -> NDArray[np.uint8]:
    """Return a picture of ``bits`` bits as one of 8.

    Parameters
    ----------
    pixels : ndarray of uint8 or uint16, shape (rows, columns)
        Levels of the sensor.
    bits : int
        How many of a deep picture's bits the sensor uses.

    Returns
    -------
    ndarray of uint8, shape (rows, columns)
        A picture of 8 bits as it was.
    """
    if pixels.dtype == np.uint8:
        return pixels.view(np.uint8)
    return np.asarray(pixels >> max(0, bits - 8), np.uint16).clip(0, 255).astype(np.uint8)


def decode_grey(raw: bytes, *, bits: int = 16) -> NDArray[np.uint8] | None:
    """Return a picture as grey of 8 bits, None where it cannot be decoded.

    Parameters
    ----------
    raw : bytes
        What the file holds.
    bits : int
        How many of a deep picture's bits the sensor uses.

    Returns
    -------
    ndarray of uint8, shape (rows, columns), or None

    Raises
    ------
    MissingComponent
        As `decode`.
    """
    pixels = decode(raw)
    return None if pixels is None else to_eight_bits(pixels, bits)


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
    """Return the bytes of a picture file; none where it is missing or larger than `LARGEST_FILE_BYTES`."""
    try:
        return path.read_bytes() if path.stat().st_size <= LARGEST_FILE_BYTES else b""
    except OSError:
        return b""

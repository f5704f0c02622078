"""The pictures of a video, one by one, by OpenCV's FFmpeg."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from hw.errors import BadRecording

USUAL_RATE_HZ = 30.0  # of a stream that does not say
FASTEST_HZ = 1000.0
VIDEO_HINT = "Convert it: ffmpeg -i IN -c:v libx264 -crf 12 OUT.mp4; or give single pictures."


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoFrame:
    """One picture of a video, grey, with when it began and ended."""

    seq: int
    t_ns: int
    until_ns: int
    pixels: NDArray[np.uint8]


def video_frames(path: Path) -> Iterator[VideoFrame]:
    """Return the pictures of a video file in order; what follows a damaged place is left out.

    Parameters
    ----------
    path : Path
        A video that FFmpeg reads.

    Returns
    -------
    iterator of VideoFrame
        Colour becomes the brightest of its channels, as `hw.replay.pictures.decode` has it.

    Raises
    ------
    BadRecording
        No picture of it can be decoded.
    """
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    there, first = capture.read() if capture.isOpened() else (False, None)
    if not there or first is None:
        capture.release()
        raise BadRecording(f"No picture of the video {path.name} can be read", hint=VIDEO_HINT)
    return _frames(capture, first)


def _frames(capture: cv2.VideoCapture, first: NDArray[Any]) -> Iterator[VideoFrame]:
    told_hz = float(capture.get(cv2.CAP_PROP_FPS))
    period_ns = round(1e9 / (told_hz if 1.0 <= told_hz <= FASTEST_HZ else USUAL_RATE_HZ))
    seq = 0
    picture: NDArray[Any] | None = first
    try:
        while picture is not None:
            pixels = np.ascontiguousarray(picture.max(axis=2) if picture.ndim == 3 else picture, np.uint8)
            t_ns = seq * period_ns
            yield VideoFrame(seq=seq, t_ns=t_ns, until_ns=t_ns + period_ns, pixels=pixels)
            there, following = capture.read()
            seq, picture = seq + 1, following if there else None
    finally:
        capture.release()

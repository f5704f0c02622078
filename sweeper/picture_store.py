"""The pictures of the video senders heard so far: a few slices of a few senders, in memory only."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sweeper.picture import FieldAnchor, Picture, SlicePicture, combine, slice_picture
from sweeper.video import VideoTest

MAX_SENDERS = 4
MAX_SLICES = 8  # about 0.4 MB each


class PictureStore:
    """Keeps the newest slice of each hop of each sender."""

    def __init__(self) -> None:
        self._slices: OrderedDict[int, OrderedDict[float, SlicePicture]] = OrderedDict()
        self._anchors: dict[int, FieldAnchor] = {}

    def add(
        self,
        sender: int,
        samples: NDArray[np.complex64],
        *,
        rate_hz: float,
        center_hz: float,
        t_s: float,
        video: VideoTest,
    ) -> float:
        """Add one slice of a sender; return the score of its picture so far (0 where there is none)."""
        part = slice_picture(
            samples,
            rate_hz=rate_hz,
            center_hz=center_hz,
            t_s=t_s,
            video=video,
            anchor=self._anchors.get(sender),
        )
        if part is None:
            return 0.0
        slices = self._slices.setdefault(sender, OrderedDict())
        slices[center_hz] = part
        slices.move_to_end(center_hz)
        if part.anchor is not None:
            self._anchors[sender] = part.anchor  # the strongest: a weaker one never replaces it
        self._bound(slices)
        picture = combine(tuple(slices.values()))
        return 0.0 if picture is None else picture.score

    def _bound(self, slices: OrderedDict[float, SlicePicture]) -> None:
        if len(slices) > MAX_SLICES:
            slices.popitem(last=False)
        if len(self._slices) > MAX_SENDERS:
            gone, _ = self._slices.popitem(last=False)
            self._anchors.pop(gone, None)

    def pictures(self) -> Mapping[int, Picture]:
        """Return the picture of every sender that has one, by its track's number."""
        made = {sender: combine(tuple(slices.values())) for sender, slices in self._slices.items()}
        return {sender: picture for sender, picture in made.items() if picture is not None}

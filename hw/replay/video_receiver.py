"""A recorded analog video receiver: levels and pictures in the order in which they were read.

``video_receiver.jsonl`` has one line a reading; the pictures are PNG files in ``video_receiver/``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hw.config import HwConfig
from hw.protocols import Clock
from hw.replay.device import RecordedDevice
from hw.replay.jsonl import LONGEST_SESSION_NS, read_lines, whole
from hw.replay.manifest import inside, sha256_of
from hw.replay.pictures import decode_or_none, read_bytes, to_eight_bits
from hw.replay.session import Parts, open_parts
from hw.types import ReceiverLevel, VideoGrab

FOLDER = "video_receiver"
MOST_PICTURES = 64  # of one grab
HIGHEST_KHZ = 8_000_000


class RecordedVideoReceiver(RecordedDevice):
    """Plays the readings of a session, one after the other."""

    def __init__(self, *, parts: Parts, clock: Clock) -> None:
        super().__init__(role="video_receiver", parts=parts, clock=clock)
        self._root = parts.root
        lines = list(read_lines(parts.video_receiver[0], self.dropped))
        self._reach_hz = _reach(lines[0]) if lines else ()
        self._pictures = bool(lines) and lines[0].get("has_picture") is True
        self._lines = iter(lines[1:])
        self._next: dict[str, Any] | None = None

    def reach_hz(self) -> tuple[tuple[float, float], ...]:
        """Return the range of the module that was recorded, Hz."""
        return self._reach_hz

    def has_picture(self) -> bool:
        """Return whether a grabber was behind it."""
        return self._pictures

    def read_level(self, *, center_hz: float) -> ReceiverLevel:  # noqa: ARG002 - as it was read
        """Return the next level; pictures that were taken before it are passed over."""
        self._begin()
        while "pictures" in (line := self._take()):
            self.dropped["passed_over"] += 1
        self._given(line["t_ns"])
        volts, dbm = line.get("volts"), line.get("level_dbm")
        return ReceiverLevel(
            t_ns=line["t_ns"],
            center_hz=line["khz"] * 1e3,
            volts=float(volts) if isinstance(volts, int | float) else 0.0,
            level_dbm=float(dbm) if isinstance(dbm, int | float) else None,
        )

    def grab(self, *, center_hz: float, count: int) -> VideoGrab:  # noqa: ARG002 - as they were taken
        """Return the next pictures; none where a level comes next."""
        self._begin()
        line = self._take()
        if "pictures" not in line:
            self._next = line
            return VideoGrab(t_ns=line["t_ns"], center_hz=center_hz, pictures=(), unlocked=False)
        self._given(line["t_ns"])
        names = line["pictures"] if isinstance(line["pictures"], list) else []
        read = [self._picture(row) for row in names[:MOST_PICTURES]]
        pictures = tuple(picture for picture in read if picture is not None)
        self.dropped["undecodable"] += len(read) - len(pictures)
        return VideoGrab(
            t_ns=line["t_ns"],
            center_hz=line["khz"] * 1e3,
            pictures=pictures,
            unlocked=line.get("unlocked") is True,
        )

    def _take(self) -> dict[str, Any]:
        line, self._next = self._next, None
        while line is None:
            line = next(self._lines, None)
            if line is None:
                raise self._end()
            told = whole(line, "t_ns", most=LONGEST_SESSION_NS), whole(line, "khz", least=1, most=HIGHEST_KHZ)
            if None in told:
                self.dropped["bad_line"] += 1
                line = None
        return line

    def _picture(self, row: object) -> NDArray[np.uint8] | None:
        name, digest = row if isinstance(row, list) and len(row) == 2 else ("", "")
        path = inside(self._root / FOLDER, str(name))
        if path is None or not path.is_file() or sha256_of(path) != digest:
            return None
        pixels = decode_or_none(read_bytes(path))
        return None if pixels is None else to_eight_bits(pixels, bits=8)

    def _skip(self) -> None:
        self._take()
        self._reads += 1


def _reach(line: Mapping[str, Any]) -> tuple[tuple[float, float], ...]:
    rows = line.get("reach_khz")
    if not isinstance(rows, list):
        return ()
    return tuple(
        (row[0] * 1e3, row[1] * 1e3)
        for row in rows[:8]
        if isinstance(row, list) and len(row) == 2 and all(isinstance(v, int) for v in row)
    )


def open_video_receiver(*, target: str, config: HwConfig, clock: Clock) -> RecordedVideoReceiver:  # noqa: ARG001
    """Open the recorded receiver of a session."""
    return RecordedVideoReceiver(parts=open_parts(target, "video_receiver"), clock=clock).resume()

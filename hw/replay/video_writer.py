"""Records an analog video receiver: ``video_receiver.jsonl`` and the grabber's pictures as PNG beside it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import cv2

from hw.protocols import VideoReceiver
from hw.replay.bounded_file import GrowingFile, ReadBudget, RecordingStopped, sync_file
from hw.replay.jsonl import format_line
from hw.replay.manifest import SessionPart
from hw.types import ReceiverLevel, VideoGrab

ROLE = "video_receiver"
MOST_PICTURES = 20_000
FAST_PNG = (cv2.IMWRITE_PNG_COMPRESSION, 1)


class VideoReceiverWriter:
    """Writes one line a reading; the first one says what the receiver is."""

    def __init__(self, folder: Path, *, budget: ReadBudget, wall_ns: int) -> None:  # noqa: ARG002 - as all writers
        self._folder = folder / ROLE
        self._budget = budget
        self._lines = GrowingFile(folder / f"{ROLE}.jsonl", role=ROLE, budget=budget)
        self._count = 0

    def describe(self, device: VideoReceiver) -> None:
        """Write what the receiver reaches, as the first line."""
        reach_khz = [[round(low / 1e3), round(high / 1e3)] for low, high in device.reach_hz()]
        self._write({"reach_khz": reach_khz, "has_picture": device.has_picture()})

    def write(self, item: ReceiverLevel | VideoGrab, *, until_ns: int) -> None:  # noqa: ARG002 - it says it itself
        """Append one reading, with its pictures."""
        line: dict[str, object] = {"t_ns": item.t_ns, "khz": round(item.center_hz / 1e3)}
        if isinstance(item, ReceiverLevel):
            self._write({**line, "volts": item.volts, "level_dbm": item.level_dbm})
            return
        kept = [
            self._picture(cv2.imencode(".png", pixels, FAST_PNG)[1].tobytes()) for pixels in item.pictures
        ]
        self._write({**line, "pictures": kept, "unlocked": item.unlocked})

    def _picture(self, content: bytes) -> list[str]:
        if self._count >= MOST_PICTURES:
            raise RecordingStopped("there are too many pictures")
        file = GrowingFile(self._folder / f"{self._count:06d}.png", role=ROLE, budget=self._budget)
        file.write(content)
        file.close(durably=False)
        self._count += 1
        return [file.path.name, file.sha256()]

    def _write(self, line: dict[str, object]) -> None:
        self._lines.write(format_line(line))
        self._lines.flush()

    def close(self) -> list[SessionPart]:
        """Close the lines, whose digests vouch for the pictures, when they are on the disk themselves."""
        for number in range(self._count):
            with suppress(OSError):  # one that is gone is missed when the session is replayed
                sync_file(self._folder / f"{number:06d}.png")
        self._lines.close()
        if not self._lines.bytes:
            return []
        path, size, digest = self._lines.path.name, self._lines.bytes, self._lines.sha256()
        return [SessionPart(role=ROLE, path=path, bytes=size, sha256=digest)]

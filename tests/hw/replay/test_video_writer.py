"""The writer of a receiver module keeps what it was told to, and ends where the session is full."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from hw.replay import video_writer
from hw.replay.bounded_file import ReadBudget, RecordingStopped
from hw.replay.video_writer import VideoReceiverWriter
from hw.types import ReceiverLevel, VideoGrab

GRAB = VideoGrab(t_ns=2, center_hz=5.8e9, pictures=(np.eye(64, dtype=np.uint8),) * 2, unlocked=True)


def writer(folder: Path, *, limit: int = 1 << 20) -> VideoReceiverWriter:
    return VideoReceiverWriter(folder, budget=ReadBudget(limit), wall_ns=0)


def test_every_reading_is_a_line_and_every_picture_a_file_with_its_digest(tmp_path: Path) -> None:
    made = writer(tmp_path)
    made.write(ReceiverLevel(t_ns=1, center_hz=5.8e9, volts=0.6, level_dbm=-75.0), until_ns=0)
    made.write(GRAB, until_ns=0)
    (part,) = made.close()
    assert (part.role, part.path) == ("video_receiver", "video_receiver.jsonl")
    level, grab = (json.loads(line) for line in (tmp_path / "video_receiver.jsonl").read_text().splitlines())
    assert level == {"t_ns": 1, "khz": 5_800_000, "volts": 0.6, "level_dbm": -75.0}
    assert grab["unlocked"] is True
    assert [name for name, _ in grab["pictures"]] == ["000000.png", "000001.png"]
    assert all(len(digest) == 64 for _, digest in grab["pictures"])


def test_nothing_written_is_no_part_and_a_full_session_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert writer(tmp_path / "empty").close() == []
    monkeypatch.setattr(video_writer, "MOST_PICTURES", 1)
    with pytest.raises(RecordingStopped, match="too many"):
        writer(tmp_path / "many").write(GRAB, until_ns=0)

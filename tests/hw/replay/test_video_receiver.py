"""A recorded receiver module gives its levels and pictures in their order; what was altered is left out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hw.clock import ManualClock
from hw.config import HwConfig
from hw.errors import DeviceLost, EndOfRecording
from hw.protocols import VideoReceiver
from hw.replay.recorder import Recorder
from hw.replay.video_receiver import RecordedVideoReceiver, open_video_receiver
from sweeper.tuned_receiver import TunedReceiver
from tests.sweeper.test_tuned_receiver import Module, camera_at


def opened(path: Path) -> RecordedVideoReceiver:
    return open_video_receiver(target=str(path), config=HwConfig(), clock=ManualClock())


def recorded(folder: Path) -> list[Any]:
    """Record a few readings and return them."""
    module: Any = Module({5865: 0.3}, camera_at(5865))
    recorder = Recorder(folder, wall_ns=0)
    tap = recorder.wrap("video_receiver", module, clock=ManualClock())
    given = [tap.read_level(center_hz=5805e6), tap.grab(center_hz=5865e6, count=6)]
    module.faults = [DeviceLost("gone")]
    with pytest.raises(DeviceLost):
        tap.read_level(center_hz=5805e6)
    given.append(tap.read_level(center_hz=5865e6))
    recorder.close()
    return given


def test_readings_faults_and_pictures_come_back_as_they_were(tmp_path: Path) -> None:
    level, grab, last = recorded(tmp_path / "session")
    played = opened(tmp_path / "session")
    assert isinstance(played, VideoReceiver)
    assert played.reach_hz() == ((5345e6, 5965e6),)
    assert played.has_picture()
    assert played.read_level(center_hz=1.0) == level
    again = played.grab(center_hz=1.0, count=1)
    assert (again.t_ns, again.center_hz, again.unlocked) == (grab.t_ns, grab.center_hz, grab.unlocked)
    for one, other in zip(again.pictures, grab.pictures, strict=True):
        np.testing.assert_array_equal(one, other)
    with pytest.raises(DeviceLost, match="gone"):
        played.read_level(center_hz=1.0)
    assert played.grab(center_hz=5e9, count=2).pictures == ()  # a level comes next
    assert played.read_level(center_hz=1.0) == last
    with pytest.raises(EndOfRecording):
        played.read_level(center_hz=1.0)


def test_the_sensor_finds_in_a_recording_what_it_found_live(tmp_path: Path) -> None:
    module: Any = Module({5865: 0.3}, camera_at(5865))
    recorder = Recorder(tmp_path / "session", wall_ns=0)
    live = TunedReceiver(radio=recorder.wrap("video_receiver", module, clock=ManualClock()))
    for _ in range(120):
        live.step()
    recorder.close()
    played = TunedReceiver(radio=opened(tmp_path / "session"))
    for _ in range(120):
        played.step()
    assert [e.as_json() for e in played.observations()] == [e.as_json() for e in live.observations()]
    assert set(played.pictures()) == set(live.pictures())


def test_an_altered_or_missing_picture_is_left_out_and_damage_counted(tmp_path: Path) -> None:
    recorded(tmp_path / "session")
    folder = tmp_path / "session"
    (folder / "faults.jsonl").unlink()
    (folder / "manifest.toml").unlink()
    pictures = sorted((folder / "video_receiver").glob("*.png"))
    pictures[0].write_bytes(pictures[1].read_bytes())
    pictures[2].unlink()
    lines = (folder / "video_receiver.jsonl").read_text().splitlines()
    spoilt = [lines[0], "rubbish", json.dumps({"t_ns": -5, "khz": 1}), *lines[1:]]
    (folder / "video_receiver.jsonl").write_text("\n".join(spoilt) + "\n")
    played = opened(folder)
    played.read_level(center_hz=1.0)
    assert len(played.grab(center_hz=1.0, count=6).pictures) == 4
    numbers = played.health().numbers
    assert (numbers["undecodable"], numbers["bad_line"]) == (2.0, 2.0)


@pytest.mark.parametrize("name", ["../../etc/passwd", "\x00", "", "/dev/zero"])
def test_a_name_that_leads_out_of_the_folder_is_no_picture(tmp_path: Path, name: str) -> None:
    rows = [
        {"reach_khz": [[1, "x"], 7], "has_picture": True},
        {"t_ns": 1, "khz": 5, "pictures": [[name, ""], 3, None]},
    ]
    (tmp_path / "video_receiver.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    played = opened(tmp_path)
    assert played.reach_hz() == ()
    assert played.grab(center_hz=1.0, count=1).pictures == ()

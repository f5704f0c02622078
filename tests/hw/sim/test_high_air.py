"""The adapter of a scene hops over its channels, and meets the analog senders above 2 GHz alone."""

from __future__ import annotations

import pytest

from hw.sim.high_air import CHANNELS_HZ, HOP_NS, channel_at, frames_share, video_senders, wifi_level_dbm
from hw.sim.scene import load_scene
from hw.sim.sdr import free_space_loss_db


def test_it_goes_round_its_channels() -> None:
    heard = [channel_at(n * HOP_NS) for n in range(len(CHANNELS_HZ) + 1)]
    assert heard[:-1] == list(CHANNELS_HZ)
    assert heard[-1] == heard[0]


def test_a_sender_arrives_by_free_space_and_those_below_2_ghz_are_none_of_its() -> None:
    scene = load_scene("analog-2g4-camera")
    (sender,) = video_senders(scene, 0)
    thing = next(t for t in scene.things if t.camera)
    assert thing.rf is not None
    away_m = scene.distance_m(thing, 0)
    assert sender.level_dbm == pytest.approx(thing.rf.power_dbm - free_space_loss_db(away_m, hz=2432e6))
    assert video_senders(load_scene("analog-camera"), 0) == ()


def test_wifi_fills_its_own_channel() -> None:
    scene = load_scene("wifi-camera")
    mine = next(t.wifi.channel_hz for t in scene.things if t.wifi is not None and t.camera)
    assert frames_share(scene, mine) > 0.1
    assert frames_share(scene, 5825e6) < 0.1
    assert wifi_level_dbm(scene, mine, 0) is not None

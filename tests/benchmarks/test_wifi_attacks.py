"""Every attack at its middle strength: the camera is found, the disturbance named, never LIKELY."""

from __future__ import annotations

import pytest

from firmware.verdict.model import Level
from tests.benchmarks.wifi_attack_air import HEARD_S, US, numbered, site
from tests.benchmarks.wifi_attacks import ALARMS, ATTACKS, CALM, UNNAMED, outcome

NAMES = {
    "bluetooth-flood": "invented_adverts",
    "bluetooth-names": "advert_names",
    "invented-devices": "invented_devices",
    "invented-networks": "invented_networks",
    "camera-names": "camera_names",
    "cloned-cameras": "cloned_cameras",
    "forged-uplink": "forged_frames",
    "forged-downlink": "forged_frames",
    "deauthentication": "orders_to_leave",
    "channel-switch": "channel_switches",
    "replayed-stream": "replayed_frames",
    "forged-beacons": "forged_beacons",
}


def test_every_attack_is_tried():
    assert set(ATTACKS) == {CALM, *NAMES, *UNNAMED}


@pytest.mark.parametrize("attack", NAMES)
def test_an_attack_on_a_site_without_a_camera_is_named_and_never_likely(attack):
    result = outcome(attack, ATTACKS[attack][1][1], camera=False, seed=0)
    assert NAMES[attack] in result.named
    assert result.level is Level.CHECK


@pytest.mark.parametrize("attack", [*NAMES, *UNNAMED])
def test_no_attack_hides_the_camera(attack):
    result = outcome(attack, ATTACKS[attack][1][1], camera=True, seed=0)
    assert result.level in ALARMS


@pytest.mark.parametrize("camera", [True, False])
def test_a_site_without_an_attacker_is_called_calm(camera):
    result = outcome(CALM, 0, camera=camera, seed=0)
    assert result.named == ()
    assert (result.level in ALARMS) == camera


def test_senders_number_their_frames_in_the_order_in_which_they_are_sent():
    drawn = site(1, camera=True)
    frames = numbered(drawn.frames, drawn.rng)
    assert all(0 <= f.t_us < HEARD_S * US for f in frames)
    assert [f.t_us for f in frames] == sorted(f.t_us for f in frames)
    latest: dict[bytes, int] = {}
    for frame in frames:
        if frame.head[23] == 0x88:
            key = frame.head[27:39]
            assert frame.number == latest.get(key, frame.number - 1) + 1
            latest[key] = frame.number

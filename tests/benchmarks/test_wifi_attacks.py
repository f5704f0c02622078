"""Every attack at its middle strength is named and hides no camera; deaf never looks better than hearing."""

from __future__ import annotations

import numpy as np
import pytest

from firmware.verdict.model import Level
from tests.benchmarks.wifi_attack_air import HEARD_S, SECOND_NS, US, Air, numbered, site
from tests.benchmarks.wifi_attacks import ALARMS, ATTACKS, CALM, UNNAMED, judged, listened, outcome

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


def sharing(begin_s: float, lost: float, *, camera: bool, ends: bool = False) -> float:
    """The share that is claimed where the adapters lose a share of everything from some second on.

    With ``ends`` the listening ends at that second.
    """
    air = site(2, camera=camera).air()
    chance = np.random.default_rng(7).random(len(air.frames) + len(air.adverts)).tolist()
    frames = [f for f, c in zip(air.frames, chance, strict=False) if f.t_us < begin_s * US or c >= lost]
    later = chance[len(air.frames) :]
    adverts = [
        a for a, c in zip(air.adverts, later, strict=True) if a.t_ns < begin_s * SECOND_NS or c >= lost
    ]
    sent = Air(frames=tuple(frames), adverts=tuple(adverts))
    return judged(*listened(sent, until_s=begin_s if ends else HEARD_S)).share_caught


@pytest.mark.parametrize("camera", [True, False])
@pytest.mark.parametrize("begin_s", [0.3, 5.0, 20.0, 40.0])
@pytest.mark.parametrize(("lost", "stray"), [(1.0, 0.0), (0.99, 0.005)])
def test_deaf_never_looks_better_than_hearing(
    lost: float, stray: float, begin_s: float, camera: bool
) -> None:
    """What comes after an adapter went deaf adds nothing but what a stray beacon proves; 3 s show it."""
    deaf = sharing(begin_s, lost, camera=camera)
    before = [sharing(begin_s + k, 0.0, camera=camera, ends=True) for k in (0.0, 3.0)]
    hears = sharing(begin_s, 0.0, camera=camera)
    assert deaf <= max(*before, hears) + stray


@pytest.mark.parametrize("camera", [True, False])
def test_the_sooner_an_adapter_goes_deaf_the_less_it_claims(camera: bool) -> None:
    shares = [sharing(begin_s, 1.0, camera=camera) for begin_s in (0.0, 0.3, 5.0, 20.0)]
    assert shares == sorted(shares)
    assert shares[0] < 0.2 * shares[-1]

"""Every kind of observation says of itself what evidence, records and screens ask."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from firmware.cli.jsonl import encode
from firmware.sensor import Observation, devices_in, emissions_in, glints_in
from firmware.verdict.evidence.weigh import WEIGHERS, key_of
from lensdetect.model import SIGHTINGS_RECORDED, Sighting
from tests.firmware.sensors import advertiser, emission, glint, network, station
from wifiscan.model import Disturbance, Identity

EVERY: tuple[Observation, ...] = (
    emission("7", score=0.4),
    station("aa:bb"),
    network("cc:dd"),
    advertiser("ee:ff"),
    glint(3),
    Disturbance(kind="forged_frames", count=200, score=0.9, first_ns=0, last_ns=9),
)


def test_what_each_kind_says_of_itself() -> None:
    said = [(o.type_name, o.sensor, o.subject, o.lasting, o.level_db) for o in EVERY]
    assert said == [
        ("emission", "rf", "rf:7", "looks", 21.0),
        ("station", "wifi", "aa:bb", "address", -50.0),
        ("access_point", "wifi", "cc:dd", "address", -60.0),
        ("ble", "ble", "ee:ff", "address", -60.0),
        ("glint", "lens", "lens:3", "none", None),
        ("disturbance", "wifi", "air:forged_frames", "none", None),
    ]
    assert [o.camera_score for o in EVERY] == [0.4, 0.02, 0.95, 0.9, 0.985, 0.9]


@pytest.mark.parametrize("observation", EVERY, ids=lambda o: o.type_name)
def test_its_line_names_its_type_and_times_and_its_record_says_no_less(observation: Observation) -> None:
    line, kept = observation.as_json(), observation.as_record()
    assert line["type"] == observation.type_name
    assert (line["first_ns"], line["last_ns"]) == (observation.first_ns, observation.last_ns)
    assert set(kept) >= set(line)
    assert json.loads(encode(kept)).keys() == kept.keys()


def test_every_kind_can_be_weighed_and_has_a_key_of_its_own() -> None:
    assert set(WEIGHERS) == {o.type_name for o in EVERY}
    assert len({key_of(o) for o in EVERY}) == len(EVERY)


def test_a_random_address_lasts_no_longer_than_its_looks() -> None:
    assert station(randomised=True).lasting == "looks"
    assert replace(advertiser(), address_type="random").lasting == "looks"


def test_the_own_noise_of_the_receiver_does_not_prove_that_it_hears() -> None:
    assert not emission(kind="self-noise").from_outside
    assert all(o.from_outside for o in EVERY)


def test_observations_are_told_apart_in_their_order() -> None:
    seen = (*EVERY, emission("8"))
    assert [e.id for e in emissions_in(seen)] == ["7", "8"]
    assert [d.subject for d in devices_in(seen)] == ["aa:bb", "cc:dd", "ee:ff"]
    assert [g.id for g in glints_in(seen)] == [3]


def test_a_record_keeps_where_an_identity_matched_and_the_line_does_not() -> None:
    found = Identity(rule="v380", strength="B", why="a sentence", seen="ssid", value="'V380-1'")
    named = replace(network(), identity=(found,))
    line = {"rule": "v380", "strength": "B", "why": "a sentence"}
    assert named.as_json()["identity"] == [line]
    assert named.as_record()["identity"] == [{**line, "seen": "ssid", "value": "'V380-1'"}]


def test_a_record_keeps_the_last_sightings_of_a_glint() -> None:
    seen = tuple(Sighting(frame=n, x_px=float(n), y_px=0.0) for n in range(20))
    kept = replace(glint(), sightings=seen).as_record()["sightings"]
    assert [s["frame"] for s in kept] == list(range(20 - SIGHTINGS_RECORDED, 20))

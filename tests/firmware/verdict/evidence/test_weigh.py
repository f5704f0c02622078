"""Evidence: what one observation may say, and how far."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from firmware.errors import BadKnowledge
from firmware.i18n.catalog import catalog_for
from firmware.sensor import Observation
from firmware.verdict.evidence.likelihoods import (
    KINDS,
    Learned,
    designed_likelihoods,
    parse_likelihoods,
    with_learned,
)
from firmware.verdict.evidence.reasons import NEXT_STEPS, REASONS, RULES, STATUS_REASONS
from firmware.verdict.evidence.score_calibration import along, score_nats
from firmware.verdict.evidence.weigh import key_of, weigh
from tests.firmware.sensors import advertiser, emission, glint, named, network, station, streamer

TABLE = designed_likelihoods()
EVERYTHING: list[Observation] = [
    emission(kind="analog-video-pal", score=0.99),
    emission(kind="analog-video-ntsc", score=0.99, picture=0.95),
    emission(kind="cofdm", score=0.8),
    emission(kind="steady-carrier", score=0.9),
    emission(kind="wideband-local", score=0.5),
    emission(kind="cellular-uplink", score=0.9),
    station(),
    streamer(),
    station(activity="camera-stream", score=0.9),
    station(activity="camera-idle", score=0.9, last_s=12.0),
    station(identity=(named("B"),), score=0.9),
    network(),
    network(strength=None, score=0.1),
    advertiser(),
    advertiser(strength=None, score=0.1),
    glint(),
    glint(label="unsure", score=0.8),
    glint(label="reflector", score=0.2),
    glint(label="lamp", score=0.01),
]


@pytest.mark.parametrize("observation", EVERYTHING, ids=lambda o: type(o).__name__)
def test_every_reason_is_listed_with_the_parameters_it_gives(observation: Observation) -> None:
    evidence = weigh(observation, TABLE)
    assert evidence is not None
    assert set(REASONS[evidence.reason]) <= set(evidence.params)


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_every_key_that_the_firmware_gives_has_its_sentence(lang: Literal["ko", "en"]) -> None:
    kinds = [f"kind.{k}" for k in KINDS]
    catalog = catalog_for(lang)
    assert [k for k in (*REASONS, *STATUS_REASONS, *RULES, *NEXT_STEPS, *kinds) if k not in catalog] == []


@pytest.mark.parametrize("kind", ["known-service", "self-noise", "narrowband-local", "unknown"])
def test_transmissions_that_may_never_raise_the_room_are_no_evidence(kind: str) -> None:
    assert weigh(emission(kind=kind, score=0.999), TABLE) is None  # type: ignore[arg-type]


def test_a_steady_carrier_is_a_reason_to_look_and_no_more() -> None:
    table = designed_likelihoods()
    said = [weigh(emission(kind="steady-carrier", score=score), table) for score in (0.85, 0.9, 0.95, 0.999)]
    assert all(e is not None and e.log_lr_by_kind == {"analog-high": e.log_lr} for e in said)
    assert all(e is not None and table.levels.check_sense_nats < e.log_lr <= 3.0 for e in said)
    swallowed = emission(kind="steady-carrier", score=0.9)
    swallowed = replace(swallowed, measures={"duty": 0.98, "floor_raised": 1.0})
    evidence = weigh(swallowed, table)
    assert evidence is not None
    assert evidence.reason == "reason.rf.swallowed_carrier"
    assert evidence.params["duty"] == 0.98


def test_a_known_benign_advertiser_is_no_evidence() -> None:
    assert weigh(advertiser(benign="tracker"), TABLE) is None


@pytest.mark.parametrize("strength", ["A", "B", "C"])
@pytest.mark.parametrize("score", [0.9, 0.999, 1.0])
def test_an_identity_alone_is_capped(strength: str, score: float) -> None:
    for observation in (
        network(strength=strength, score=score),
        advertiser(strength=strength, score=score),
        station(identity=(named(strength),), score=score),
    ):
        evidence = weigh(observation, TABLE)
        assert evidence is not None
        assert 0 < evidence.log_lr <= 1.5


def test_a_habit_takes_time_before_it_says_more_than_a_name() -> None:
    for seconds, reason, most in ((1.0, "reason.wifi.identity", 1.5), (12.0, "reason.wifi.idle", 2.5)):
        seen = station(
            identity=(named("A"),), activity="camera-idle", score=0.99, last_s=seconds, rssi_dbm=-30.0
        )
        evidence = weigh(seen, TABLE)
        assert evidence is not None
        assert (evidence.reason, evidence.log_lr) == (reason, most)


def test_many_identities_on_one_device_say_no_more_than_the_strongest() -> None:
    one = weigh(station(identity=(named("A"),), score=0.99), TABLE)
    many = weigh(station(identity=(named("C"), *[named("A")] * 9, named("B")), score=0.99), TABLE)
    assert one is not None
    assert many is not None
    assert one.log_lr == many.log_lr


def test_streaming_explains_itself_with_its_numbers() -> None:
    evidence = weigh(streamer(), TABLE)
    assert evidence is not None
    assert evidence.reason == "reason.wifi.streaming"
    wanted = {"mbps": 1.6, "seconds": 28.0, "fps": 25.0, "keyframe_s": 3.0}
    assert {k: evidence.params[k] for k in wanted} == wanted
    assert set(evidence.log_lr_by_kind) == {"wifi-stream"}


@pytest.mark.parametrize("activity", ["video-call", "upload", "relay"])
def test_a_recognised_call_is_not_called_streaming(activity: str) -> None:
    evidence = weigh(station(activity=activity, score=0.3, streaming_score=0.7), TABLE)
    assert evidence is not None
    assert evidence.reason == "reason.wifi.ordinary"
    assert evidence.log_lr < 0


def test_a_lens_speaks_for_every_kind_and_is_confirmed_by_poses_and_score() -> None:
    sure = weigh(glint(score=0.985, poses=5), TABLE)
    assert sure is not None
    assert set(sure.log_lr_by_kind) == set(KINDS)
    assert sure.confirmed
    for weaker in (glint(poses=4), glint(score=0.9), glint(label="unsure")):
        evidence = weigh(weaker, TABLE)
        assert evidence is not None
        assert not evidence.confirmed


def test_shine_never_speaks_for_a_camera_whatever_its_score() -> None:
    evidence = weigh(glint(label="specular", score=0.999), TABLE)
    assert evidence is not None
    assert evidence.log_lr <= 0


def test_only_a_picture_confirms_a_transmission() -> None:
    comb = weigh(emission(kind="analog-video-pal", score=0.9999), TABLE)
    picture = weigh(emission(kind="analog-video-pal", score=0.9999, picture=0.95), TABLE)
    assert comb is not None
    assert picture is not None
    assert (comb.confirmed, picture.confirmed) == (False, True)
    assert comb.log_lr <= 6.0 < picture.log_lr


@given(st.floats(0, 1), st.integers(1, 10**6))
def test_a_score_never_says_more_than_its_negatives_allow(score: float, negatives: int) -> None:
    assert abs(score_nats(score, negatives=negatives)) <= math.log(negatives + 1)


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_higher_score_never_says_less(low: float, high: float) -> None:
    low, high = sorted((low, high))
    assert score_nats(low, negatives=400) <= score_nats(high, negatives=400)


def test_a_score_that_is_no_number_says_nothing() -> None:
    assert score_nats(math.nan, negatives=400) == 0.0


@given(st.floats(allow_nan=True), st.sampled_from(EVERYTHING))
def test_any_score_gives_finite_evidence_under_its_cap(score: float, observation: Observation) -> None:
    if hasattr(observation, "score"):
        observation = replace(observation, score=score)  # type: ignore[call-arg]
    evidence = weigh(observation, TABLE)
    assert evidence is not None
    cap = TABLE.senses[evidence.sensor].confirmed_cap_nats
    assert math.isfinite(evidence.log_lr)
    assert evidence.log_lr <= cap
    assert evidence.headroom_nats >= 0


def test_names_from_the_air_are_kept_short() -> None:
    evidence = weigh(network(ssid="x" * 10_000), TABLE)
    assert evidence is not None
    assert len(str(evidence.params["name"])) <= 64


def test_a_station_and_a_network_with_one_address_are_two_observations() -> None:
    assert key_of(station("aa")) != key_of(network("aa"))


def test_everything_known_has_a_source_and_the_weights_add_up() -> None:
    entries = [
        *TABLE.kinds.values(),
        *TABLE.senses.values(),
        *TABLE.catches,
        *TABLE.signs,
        TABLE.levels,
        TABLE.priors,
    ]
    assert all(len(entry.source) >= 3 for entry in entries)
    assert sum(TABLE.weights.values()) == pytest.approx(1.0)


@pytest.mark.parametrize("text", ["", "version = 1", "nonsense", "version = 2", "[kinds.card]\nweight = 1.0"])
def test_a_table_that_is_not_whole_is_refused(text: str) -> None:
    with pytest.raises(BadKnowledge):
        parse_likelihoods(text)


# ------------------------------------------------------------------ what was learned


def test_a_curve_is_straight_between_level_above_and_never_generous_below() -> None:
    curve = ((0.0, 1.0), (2.0, 3.0))
    assert [along(curve, x) for x in (0.0, 1.0, 2.0, 9.0)] == pytest.approx([1.0, 2.0, 3.0, 3.0])
    assert along(curve, -4.0) == pytest.approx(-3.0)


def test_the_curve_and_its_cap_decide_what_a_score_is_worth() -> None:
    taught = Learned.model_validate(
        {
            "version": 1,
            "bench": {"date": "x", "version": 1, "seed": 1, "rooms": 9, "cameras": 4, "source": "test"},
            "signs": [{"name": "glint", "curve": [[0.0, 2.5]], "cap_nats": 2.0, "source": "test"}],
        }
    )
    seen = weigh(glint(label="unsure", score=0.5, poses=6), with_learned(TABLE, taught))
    assert seen is not None
    assert (seen.sign, seen.raw_nats, seen.log_lr, seen.headroom_nats) == ("glint", 0.0, 2.0, 0.5)


def test_an_undecided_glint_in_few_poses_is_a_glimpse() -> None:
    few, more = (weigh(glint(label="unsure", score=0.5, poses=n), TABLE) for n in (5, 6))
    assert few is not None
    assert more is not None
    assert (few.sign, more.sign) == ("glimpse", "glint")


def test_what_was_learned_of_nothing_known_is_refused() -> None:
    bench = {"date": "x", "version": 1, "seed": 1, "rooms": 9, "cameras": 4, "source": "test"}
    raw = {"version": 1, "bench": bench}
    sign = {"name": "no-such-sign", "curve": [[0.0, 1.0]], "cap_nats": 1.0, "source": "t.."}
    pair = {"sensor": "rf", "kind": "card", "pd": 0.5, "source": "t.."}
    for more in ({"signs": [sign]}, {"catches": [pair]}):
        with pytest.raises(BadKnowledge):
            with_learned(TABLE, Learned.model_validate(raw | more))
    falling = sign | {"name": "lens", "curve": [[0.0, 1.0], [1.0, 0.5]]}
    with pytest.raises(ValidationError):
        Learned.model_validate(raw | {"signs": [falling]})


@pytest.mark.parametrize(
    ("center_hz", "kind"), [(1200e6, "analog-low"), (2414e6, "analog-high"), (5865e6, "analog-high")]
)
@pytest.mark.parametrize("picture", [0.0, 0.95])
def test_a_sender_speaks_for_the_kind_of_its_band(center_hz: float, kind: str, picture: float) -> None:
    sent = replace(emission(kind="analog-video-pal", score=0.9999, picture=picture), center_hz=center_hz)
    told = weigh(sent, TABLE)
    assert told is not None
    assert {each for each, nats in told.log_lr_by_kind.items() if nats > 0} == {kind}

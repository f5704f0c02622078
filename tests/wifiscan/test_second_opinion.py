"""The second opinion takes back what is unlike any camera, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from tests.benchmarks.wifi_links import CAMERA, draw_link
from wifiscan.classify import (
    BASE_NAMES,
    GUARD_NATS,
    LOGIT_LIMIT,
    UNLIKE_NATS,
    base_vector,
    load_model,
    streaming_logit,
)
from wifiscan.second_opinion import SecondOpinion, load_second_opinion, parse_second_opinion

PLAIN = {"mean": [1.0, 2.0], "scale": [1.0, 2.0], "weights": [3.0, -1.0], "intercept": 0.5, "floor": -1.0}


def test_the_weights_that_come_with_ansim_fit_the_features():
    assert load_second_opinion().weights.shape == (len(BASE_NAMES),)


def test_the_logit_is_linear_within_the_limits():
    model = parse_second_opinion(PLAIN)
    assert model.logit(np.array([2.0, 2.0])) == pytest.approx(3.5)
    assert model.logit(np.array([[1.0, 2.0], [1.0, 4.0]])) == pytest.approx([0.5, -0.5])
    assert model.logit(np.array([1e9, 2.0])) == pytest.approx(12.5)


@pytest.mark.parametrize(("value", "allowed"), [(0.5, True), (0.49, False)])
def test_the_floor_is_what_a_camera_reaches(value, allowed):
    model = parse_second_opinion(PLAIN)
    assert model.allows(np.array([value, 2.0])) == allowed


def test_lists_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="length"):
        parse_second_opinion(PLAIN | {"weights": [1.0]})


def judge_of(floor: float) -> SecondOpinion:
    shape = np.ones(len(BASE_NAMES))
    return SecondOpinion(mean=shape, scale=shape, weights=0 * shape, intercept=0.0, floor=floor)


@pytest.mark.parametrize(("floor", "taken_back"), [(-1.0, False), (1.0, True)])
def test_a_stream_that_it_finds_unlike_any_camera_is_none(monkeypatch, floor, taken_back):
    features = draw_link(CAMERA, seed=3, heard_s=30.0, loss=0.1, onset=False).features
    alone = min(float(load_model().logit(base_vector(features))) - GUARD_NATS, LOGIT_LIMIT)
    monkeypatch.setattr("wifiscan.classify.load_second_opinion", lambda: judge_of(floor))
    assert alone > 0
    assert streaming_logit(features, load_model()) == pytest.approx(UNLIKE_NATS if taken_back else alone)
    # Of air in which nearly everything is lost it has seen nothing.
    assert streaming_logit(features, load_model(), heard_well=False) == pytest.approx(alone)


def test_next_to_no_camera_is_taken_back_and_most_remote_desktops_that_looked_like_one_are():
    def refused(kind: str, count: int) -> list[bool]:
        links = [draw_link(kind, seed=77_000_000 + k, heard_s=30.0, onset=False) for k in range(count)]
        bases = [base_vector(k.features) for k in links]
        alarms = [b for b in bases if float(load_model().logit(b)) - GUARD_NATS > 0]
        return [not load_second_opinion().allows(b) for b in alarms]

    assert np.mean(refused(CAMERA, 150)) < 0.02
    assert np.mean(refused("remote-desktop", 150)) > 0.6

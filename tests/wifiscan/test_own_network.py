"""Networks that are a camera's own, and the hotspots that look like them."""

from __future__ import annotations

import numpy as np
import pytest

from wifiscan.elements import Habits
from wifiscan.own_network import (
    FEATURES,
    LOGIT_LIMIT,
    OwnNetwork,
    OwnNetworkModel,
    load_own_network_model,
    own_network_logit,
    own_network_vector,
    parse_own_network_model,
)

PLAIN = Habits(secured=False, generation=4, makers=0, country=False, extended=False)
MODERN = Habits(secured=True, generation=6, makers=3, country=True, extended=True)


def network(habits=PLAIN, *, clients=1, made_up=False, upstream=False):
    return OwnNetwork(habits=habits, clients=clients, made_up=made_up, upstream=upstream)


def logit(nats, what):
    return own_network_logit(nats, what, load_own_network_model())


def test_the_same_stream_speaks_for_a_plain_network_and_not_for_a_modern_one():
    assert logit(5.0, network()) > 3.4
    assert logit(5.0, network(MODERN, clients=3, made_up=True)) < 0.0


def test_habits_alone_make_no_stream():
    assert logit(-4.0, network()) <= -4.0
    assert logit(0.0, network()) <= 0.0


@pytest.mark.parametrize("nats", [-6.0, -1.0, 0.5, 3.0, 6.0])
def test_scores_stay_within_their_limits(nats):
    for habits in (PLAIN, MODERN, None):
        assert abs(logit(nats, network(habits))) <= LOGIT_LIMIT


def test_more_clients_and_better_traffic_move_the_score_the_right_way():
    crowd = [logit(5.0, network(MODERN, clients=n)) for n in (1, 2, 8)]
    assert crowd == sorted(crowd, reverse=True)
    better = [logit(nats, network()) for nats in (1.0, 3.0, 6.0)]
    assert better == sorted(better)


def test_a_network_whose_beacons_nobody_heard_counts_as_an_average_one():
    vector = own_network_vector(2.0, network(None))
    assert np.isnan(vector).sum() == 5
    model = OwnNetworkModel(mean=np.full(len(FEATURES), 0.5), weights=np.ones(len(FEATURES)), intercept=0.0)
    known = np.where(np.isnan(vector), 0.5, vector)
    assert model.logit(vector) == pytest.approx((known - 0.5).sum())
    assert logit(5.0, network(MODERN)) < logit(5.0, network(None)) < logit(5.0, network())


def test_a_model_is_read_from_its_file():
    model = parse_own_network_model({"mean": [0.0], "weights": [2.0], "intercept": -1.0})
    assert model.logit(np.array([3.0])) == 5.0

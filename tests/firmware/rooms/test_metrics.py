"""What the bench counts, against numbers worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.benchmarks.rooms.metrics import (
    brier,
    cllr,
    ece,
    ece_floor,
    expit,
    log_loss,
    logit,
    min_cllr,
    monotone,
    posterior,
    ppv,
    reliability,
    to_prior,
    upper_bound,
)

P = np.array([0.9, 0.8, 0.3, 0.1])
TRUTH = np.array([True, False, True, False])
ONE = np.ones(4)


def test_log_loss_and_brier_by_hand() -> None:
    assert log_loss(P, TRUTH, ONE) == pytest.approx(-math.log(0.9 * 0.2 * 0.3 * 0.9) / 4)
    assert brier(P, TRUTH, ONE) == pytest.approx((0.01 + 0.64 + 0.49 + 0.01) / 4)
    twice = np.array([2.0, 1.0, 1.0, 1.0])  # a weight of two is the same room twice
    assert brier(P, TRUTH, twice) == pytest.approx((0.02 + 0.64 + 0.49 + 0.01) / 5)


def test_cllr_by_hand() -> None:
    log_lr = np.log(np.array([4.0, 0.5]))  # 4 for a camera, 1/2 for none
    truth = np.array([True, False])
    want = (math.log2(1 + 1 / 4) + math.log2(1 + 1 / 2)) / 2
    assert cllr(log_lr, truth, np.ones(2)) == pytest.approx(want)
    assert cllr(np.zeros(2), truth, np.ones(2)) == pytest.approx(1.0)  # says nothing: one bit


def test_min_cllr_is_zero_for_a_perfect_order_and_one_for_none() -> None:
    truth = np.array([False, False, True, True])
    assert min_cllr(np.array([-9.0, -8.0, -7.5, -7.0]), truth, ONE) == pytest.approx(0.0, abs=1e-6)
    assert min_cllr(np.zeros(4), truth, ONE) == pytest.approx(1.0)


def test_pooling_by_hand() -> None:
    x = np.array([1.0, 2.0, 3.0, 4.0])
    assert monotone(x, np.array([0.0, 1.0, 0.0, 1.0]), ONE).tolist() == [0.0, 0.5, 0.5, 1.0]
    heavy = np.array([1.0, 3.0, 1.0, 1.0])
    assert monotone(x, np.array([0.0, 1.0, 0.0, 1.0]), heavy).tolist() == [0.0, 0.75, 0.75, 1.0]
    same = monotone(np.array([5.0, 5.0]), np.array([0.0, 1.0]), np.ones(2))
    assert same.tolist() == [0.5, 0.5]


@given(st.lists(st.tuples(st.integers(-5, 5), st.booleans()), min_size=1, max_size=40))
def test_pooling_rises_and_keeps_the_mean(rows: list[tuple[int, bool]]) -> None:
    x, y = (np.array(column, float) for column in zip(*rows, strict=True))
    fitted = monotone(x, y, np.ones(len(x)))
    assert np.all(np.diff(fitted[np.argsort(x, kind="stable")]) >= -1e-12)
    assert fitted.mean() == pytest.approx(y.mean())


def test_reliability_and_ece_by_hand() -> None:
    p = np.array([0.12, 0.18, 0.95, 0.97])
    truth = np.array([False, True, True, True])
    low, high = reliability(p, truth, ONE)
    assert (low.claimed, low.happened, low.count) == (pytest.approx(0.15), 0.5, 2)
    assert (high.claimed, high.happened) == (pytest.approx(0.96), 1.0)
    assert ece(p, truth, ONE) == pytest.approx((0.35 + 0.04) / 2)


def test_the_noise_floor_is_what_a_perfect_model_shows() -> None:
    rng = np.random.default_rng(1)
    p = rng.random(1000)
    floor = ece_floor(p, np.ones(1000), rng=rng)
    assert floor == pytest.approx(0.024, abs=0.012)  # science: 0.024 at n = 1000
    truth = rng.random(1000) < p
    assert ece(p, truth, np.ones(1000)) < 2 * floor
    assert ece(expit(2 * logit(p)), truth, np.ones(1000)) > 2 * floor  # overconfident by half


def test_priors_and_weights() -> None:
    w = to_prior(TRUTH, np.array([1.0, 2.0, 3.0, 4.0]), 0.05)
    assert w[TRUTH].sum() == pytest.approx(0.05)
    assert w.sum() == pytest.approx(1.0)
    assert w[2] / w[0] == pytest.approx(3.0)
    assert posterior(np.array([math.log(199)]), 0.005)[0] == pytest.approx(0.5)
    assert ppv(0.95, 0.01, 0.005) == pytest.approx(0.00475 / (0.00475 + 0.00995))
    assert upper_bound(0, 300) == pytest.approx(0.01, abs=1e-4)  # nothing in 300 bounds it at 1 %

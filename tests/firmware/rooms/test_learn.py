"""What is learned from rooms whose truth is known by construction."""

from __future__ import annotations

import math

import numpy as np
import pytest

from firmware.verdict.evidence.likelihoods import designed_likelihoods, parse_learned, with_learned
from firmware.verdict.evidence.score_calibration import along
from firmware.verdict.fusion import SensorReport
from firmware.verdict.judge import Judge
from firmware.verdict.model import Level, Verdict
from hw.sim.scene import Kind
from tests.benchmarks.rooms.draw import Truth
from tests.benchmarks.rooms.evaluate import coverage_deciles
from tests.benchmarks.rooms.learn import learn, shrunk_nats
from tests.benchmarks.rooms.learned_file import lesson_text, with_kept
from tests.benchmarks.rooms.rivals import fit_logistic
from tests.benchmarks.rooms.rows import Find, Row, SenseRow

TABLE = designed_likelihoods()
QUIET: Verdict = Judge(prior=0.005, table=TABLE).judge([SensorReport(sensor="rf", coverage=None)], t_ns=0)


def row(kind: Kind | None, *, score: float | None, share: float = 1.0, sign: str = "lens") -> Row:
    best = {} if score is None else {sign: Find(raw_nats=score, poses=9)}
    sense = SenseRow(
        share=share, covered=dict.fromkeys(TABLE.weights, share), best=best, candidates=10, lost=False,
        cost_s=0.0, steps=1,
    )  # fmt: skip
    truth = Truth(kind=kind, weight=1.0, reach=("lens",), full=True, notes={})
    return Row(name="x", haste="full", truth=truth, senses={"lens": sense}, moments=(), verdict=QUIET)


def world(rng: np.random.Generator, *, caught: float, false: float, exponent: float = 1.0) -> list[Row]:
    """Rooms in which a lens sensor finds ``caught · coverage^exponent`` of cameras and errs in ``false``."""
    rows = []
    for i in range(2400):
        share = float(rng.uniform(0.2, 1.0))
        kind: Kind | None = "card" if i % 2 else None
        chance = false if kind is None else caught * share**exponent
        rows.append(row(kind, score=4.0 if rng.random() < chance else None, share=share))
    return rows


@pytest.mark.parametrize(
    ("caught", "false", "exponent"), [(0.9, 0.01, 1.0), (0.7, 0.05, 2.0), (0.95, 0.02, 0.45)]
)
def test_what_was_planted_is_learned(caught: float, false: float, exponent: float) -> None:
    lesson = learn(world(np.random.default_rng(5), caught=caught, false=false, exponent=exponent))
    assert lesson.caught["lens", "card"].share == pytest.approx(caught, abs=0.06)
    assert lesson.false["lens"].share == pytest.approx(false / 0.5, abs=0.05)  # per full look
    assert abs(math.log(lesson.response["lens"] / exponent)) < 0.5
    (x, y), *_ = lesson.curves["lens"].points
    assert x == pytest.approx(4.0)
    assert y == pytest.approx(math.log(caught / false), abs=0.5)


def test_a_score_that_says_nothing_is_worth_nothing() -> None:
    rng = np.random.default_rng(6)
    rows = [row("card" if i % 2 else None, score=float(rng.normal(2, 1))) for i in range(1200)]
    curve = learn(rows).curves["lens"].points
    assert all(abs(along(curve, x)) < 0.4 for x in (1.0, 2.0, 3.0))


def test_no_step_claims_more_than_the_clean_rooms_can_say() -> None:
    assert shrunk_nats(50, 50, 0, 100) == pytest.approx(math.log((50.5 / 51) / (0.5 / 101)))
    assert shrunk_nats(20, 40, 50, 100) == pytest.approx(0.0, abs=0.02)
    rows = [row("card" if i % 2 else None, score=4.0 if i % 2 else None) for i in range(200)]
    table = with_learned(TABLE, parse_learned(lesson_text(learn(rows), rows, {})))
    assert table.by_sign["lens"].cap_nats == pytest.approx(math.log(101), abs=0.01)


def test_the_file_can_be_read_and_takes_the_place_of_the_design() -> None:
    rows = world(np.random.default_rng(7), caught=0.8, false=0.02)
    text = lesson_text(learn(rows), rows, {"lens": {"coverage": 0.5}})
    learned = parse_learned(text)
    table = with_learned(TABLE, learned)
    assert learned.bench.rooms == len(rows)
    assert table.by_catch["lens", "card"].pd == pytest.approx(0.8, abs=0.06)
    assert "learned" in table.by_sign["lens"].source
    assert table.by_sign["lens"].curve
    assert table.by_sign["shine"] == TABLE.by_sign["shine"]


def test_a_logistic_rival_finds_the_weights_of_its_world() -> None:
    rng = np.random.default_rng(8)
    x = rng.normal(0, 1, (6000, 2))
    truth = rng.random(6000) < 1 / (1 + np.exp(-(1.5 * x[:, 0] - 0.7 * x[:, 1])))
    predict = fit_logistic(x, truth, np.ones(6000))
    slope = predict(np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]))
    assert slope[0] - slope[2] == pytest.approx(1.5, abs=0.2)
    assert slope[1] - slope[2] == pytest.approx(-0.7, abs=0.2)


def test_deciles_hold_every_camera_once() -> None:
    rows = [row("card", score=None) for _ in range(95)] + [row(None, score=None) for _ in range(10)]
    deciles = coverage_deciles(rows)
    assert sum(d.rooms for d in deciles) == 95
    assert all(d.caught == 0.0 for d in deciles)
    assert QUIET.level is not Level.CHECK


def test_what_too_few_cameras_could_teach_is_kept_from_before_and_said() -> None:
    rooms = world(np.random.default_rng(7), caught=0.9, false=0.01)
    taught = parse_learned(lesson_text(learn(rooms), rooms, {}))
    assert {s.name for s in taught.signs} >= {"lens"}
    bare = lesson_text(learn(rooms[:20]), rooms[:20], {})
    assert not parse_learned(bare).signs
    kept = parse_learned(with_kept(bare, taught))
    assert {(s.name, s.curve) for s in kept.signs} == {(s.name, s.curve) for s in taught.signs}
    assert all(f"; kept from {taught.bench.date}" in s.source for s in kept.signs)
    full = lesson_text(learn(rooms), rooms, {})
    assert with_kept(full, taught) == full

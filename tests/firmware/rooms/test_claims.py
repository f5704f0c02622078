"""Whether claims hold, what agreeing is worth, and how far a long run is: from rooms made to be so."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from firmware.verdict.evidence.likelihoods import designed_likelihoods, parse_learned, with_learned
from hw.sim.scene import Kind
from tests.benchmarks.rooms.agree import FEWEST_CLEAN, agreed, two_strongest
from tests.benchmarks.rooms.claims import Learnt, fit, learn_claims, worst_of
from tests.benchmarks.rooms.crew import TELL_EVERY_S, Told
from tests.benchmarks.rooms.draw import Truth
from tests.benchmarks.rooms.learn import Lesson, learn
from tests.benchmarks.rooms.learned_file import lesson_text
from tests.benchmarks.rooms.rows import Find, Row, SenseRow
from tests.firmware.rooms.test_learn import QUIET, world

TABLE = designed_likelihoods()


def test_slope_and_intercept_are_those_of_the_world() -> None:
    rng = np.random.default_rng(3)
    claimed = rng.uniform(0.05, 0.95, 8000)
    logits = np.log(claimed / (1 - claimed))
    for intercept, slope in ((0.0, 1.0), (-0.7, 0.6)):
        caught = rng.random(8000) < 1 / (1 + np.exp(-(intercept + slope * logits)))
        found = fit(claimed, caught, np.ones(8000))
        assert found.intercept == pytest.approx(intercept, abs=3.5 * found.intercept_error)
        assert found.slope == pytest.approx(slope, abs=3.5 * found.slope_error)
        assert 0.005 < found.slope_error < 0.05


def test_a_learned_curve_says_what_holds_on_the_worst_wall() -> None:
    claimed = np.random.default_rng(4).uniform(0.05, 0.95, 4000)
    true = fit(claimed, np.random.default_rng(5).random(4000) < claimed, np.ones(4000))
    plain, worse = (Learnt(fit=true, worst_wall=shift, spread={}).curve for shift in (0.0, -1.0))
    assert all(a[0] < b[0] and a[1] <= b[1] for c in (plain, worse) for a, b in pairwise(c))
    assert dict(plain)[0.5] == pytest.approx(0.5, abs=0.05)
    assert dict(worse)[0.5] == pytest.approx(1 / (1 + math.e), abs=0.05)
    assert plain[0] == (0.0, 0.0)
    assert plain[-1][1] < 1.0


def test_the_worst_wall_is_not_blamed_for_its_own_error() -> None:
    assert worst_of([(0.3, 0.09), (-0.3, 0.09), (0.2, 0.09)]) == 0.0
    assert worst_of([(0.5, 0.01), (-1.0, 0.01), (0.5, 0.01)]) == pytest.approx(-0.98, abs=0.02)
    assert worst_of([(0.5, 0.01), (0.4, 0.01)]) == 0.0
    assert worst_of([]) == 0.0


def test_a_wall_on_which_less_is_caught_shows_when_the_others_teach() -> None:
    rng = np.random.default_rng(5)
    rows = [
        *_on("tile", world(rng, caught=0.9, false=0.01)),
        *_on("wood", world(rng, caught=0.9, false=0.01)),
        *_on("plaster", world(rng, caught=0.5, false=0.01)),
    ]
    lesson = learn(rows)
    found = learn_claims(rows, lesson, TABLE)
    assert found is not None
    assert found.spread["plaster"] < -0.15 < found.spread["tile"]
    assert lesson.caught["lens", "card"].share == pytest.approx(0.77, abs=0.05)  # of all walls
    assert dict(found.curve)[0.5] < 0.4  # what a claim is worth is told for the worst wall
    taught = with_learned(TABLE, parse_learned(lesson_text(lesson, rows, {})))
    assert "plaster" in taught.claims.source


def _on(wall: str, rows: list[Row]) -> list[Row]:
    for row in rows:
        row.truth.notes["texture"] = wall
    return rows


def pair(kind: Kind | None, lens: float | None, wifi: float | None) -> Row:
    scores = {"lens": ("lens", lens), "wifi": ("streaming", wifi)}
    senses = {
        name: SenseRow(
            share=1.0, covered=dict.fromkeys(TABLE.weights, 1.0), candidates=1, lost=False,
            cost_s=0.0, steps=1, best={} if score is None else {sign: Find(raw_nats=score)},
        )
        for name, (sign, score) in scores.items()
    }  # fmt: skip
    truth = Truth(kind=kind, weight=1.0, reach=(), full=True, notes={})
    return Row(name="x", haste="full", truth=truth, senses=senses, moments=(), verdict=QUIET)  # type: ignore[arg-type]


def agreeing(keep: float, *, rooms: int) -> list[Row]:
    """Rooms with a camera or without, whose two sensors say 2 and 1.5 nats where they speak."""
    rng = np.random.default_rng(6)
    rows = []
    for i in range(rooms):
        camera = i % 2 == 0
        odds = math.exp(2.0 + keep * 1.5)
        speak = rng.random() < (0.3 if camera else 0.3 / odds)
        rows.append(pair("wifi-stream" if camera else None, *((2.0, 1.5) if speak else (None, None))))
    return rows


@pytest.mark.parametrize("keep", [0.2, 1.0])
def test_what_agreeing_is_worth_is_learned(keep: float) -> None:
    rows = agreeing(keep, rooms=24_000)
    found = agreed(rows, Lesson(), TABLE)
    assert found.keep == pytest.approx(keep, abs=0.12)
    assert found.clean >= FEWEST_CLEAN


def test_with_too_few_rooms_the_designed_share_stands() -> None:
    rows = agreeing(1.0, rooms=60)
    assert agreed(rows, Lesson(), TABLE).keep is None
    text = lesson_text(learn(rows), rows, {})
    assert with_learned(TABLE, parse_learned(text)).agreement == TABLE.agreement


def test_two_senses_agree_only_on_a_kind_that_both_speak_for() -> None:
    assert two_strongest(pair("card", 2.0, 1.5), Lesson(), TABLE) == (2.0, 1.5)
    assert two_strongest(pair("card", 2.0, None), Lesson(), TABLE) is None
    assert two_strongest(pair("card", 2.0, -0.5), Lesson(), TABLE) is None


def test_a_long_run_says_how_far_it_is() -> None:
    said: list[str] = []
    clock = [0.0]
    told = Told(100, said.append, now=lambda: clock[0])
    for done in (10, 20, 30):
        clock[0] = done * TELL_EVERY_S / 20
        told.update(done)
    assert said == ["rooms 20/100, 60.0 a minute, 1.3 min left"]
    told.update(100)
    assert said[-1].startswith("rooms 100/100")

"""Coverage: parts, kinds, fading."""

from __future__ import annotations

import math
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from firmware.verdict.coverage import caught_by_kind, fade_factor, kinds_covered, scale_coverage, share_caught
from firmware.verdict.evidence.likelihoods import Claims, Likelihoods, designed_likelihoods
from hw.types import SENSOR_NAMES, Coverage
from tests.firmware.sensors import covered

TABLE = designed_likelihoods()
anything = st.floats(allow_nan=True, allow_infinity=True)


def test_a_kind_is_covered_by_the_parts_that_speak_of_it() -> None:
    only_idle = Coverage(sensor="wifi", share=0.5, parts={"idle": 1.0})
    assert kinds_covered(only_idle, TABLE) == {"wifi-stream": 0.0, "wifi-idle": 1.0}
    analog = Coverage(sensor="rf", share=0.5, parts={"analog_low": 1.0, "cofdm": 0.5})
    assert kinds_covered(analog, TABLE)["analog-low"] == pytest.approx(0.9)


def test_without_parts_the_headline_stands_for_all() -> None:
    assert kinds_covered(Coverage(sensor="lens", share=0.4), TABLE)["card"] == pytest.approx(0.4)


def test_a_kind_that_takes_an_extra_device_counts_only_where_it_listens() -> None:
    receiver = Coverage(sensor="rf", share=1.0, parts={"analog_low": 1.0, "cofdm": 1.0, "cellular": 1.0})
    assert "analog-high" not in kinds_covered(receiver, TABLE)
    assert "analog-high" not in kinds_covered(Coverage(sensor="rf", share=1.0), TABLE)
    adapter = Coverage(sensor="rf", share=0.5, parts={"analog_2g4": 0.5, "analog_5g8": 0.0})
    assert kinds_covered(adapter, TABLE)["analog-high"] == pytest.approx(0.3)
    assert caught_by_kind([adapter], TABLE)["analog-high"] == pytest.approx(0.24)


@given(
    st.sampled_from(SENSOR_NAMES),
    anything,
    st.dictionaries(st.sampled_from(["streaming", "surface"]), anything),
)
def test_whatever_is_reported_a_share_stays_a_share(name: str, share: float, parts: dict[str, float]) -> None:
    coverage = Coverage(sensor=name, share=share, parts=parts)  # type: ignore[arg-type]
    assert all(0 <= s <= 1 for s in kinds_covered(coverage, TABLE).values())
    assert 0 <= share_caught([coverage], TABLE) <= 1


def test_two_senses_catch_more_than_one_but_not_their_sum() -> None:
    lens, wifi = covered("lens", 1.0), covered("wifi", 1.0)
    both = caught_by_kind([lens, wifi], TABLE)["wifi-stream"]
    apart = [caught_by_kind([c], TABLE)["wifi-stream"] for c in (lens, wifi)]
    assert max(apart) < both < sum(apart)


def test_a_lost_sense_is_at_zero_within_two_seconds() -> None:
    assert fade_factor(0.0) == 1.0
    assert 0 < fade_factor(1.0) < 1
    assert fade_factor(2.0) == 0.0


@given(st.floats(0, 1), st.floats(0, 1))
def test_scaling_scales_every_part(share: float, factor: float) -> None:
    scaled = scale_coverage(covered("rf", share), factor)
    assert all(math.isclose(p, share * factor) for p in (scaled.share, *scaled.parts.values()))


def test_half_of_the_job_finds_what_its_sense_answers_with() -> None:
    answering = {"lens": TABLE.senses["lens"].model_copy(update={"response": 2.0})}
    table = Likelihoods.model_validate(TABLE.model_dump() | {"senses": TABLE.senses | answering})
    half = Coverage(sensor="lens", share=0.5)
    assert kinds_covered(half, table)["card"] == pytest.approx(0.25)
    assert kinds_covered(half, TABLE)["card"] == pytest.approx(0.5)
    assert kinds_covered(Coverage(sensor="lens", share=0.0), table)["card"] == 0.0


def test_what_claims_were_really_worth_is_what_is_claimed() -> None:
    taught = TABLE.claims.model_copy(update={"curve": ((0.0, 0.0), (0.5, 0.4), (1.0, 0.6))})
    table = TABLE.model_copy(update={"claims": taught})
    lens = Coverage(sensor="lens", share=1.0, parts={"surface": 1.0})
    plain, honest = (caught_by_kind([lens], t)["card"] for t in (TABLE, table))
    assert plain == pytest.approx(0.755)
    assert honest == pytest.approx(0.4 + 0.2 * (0.755 - 0.5) / 0.5)
    assert caught_by_kind([], table)["card"] == 0.0


@pytest.mark.parametrize(
    "curve", ["[[0.0, 0.1], [1.0, 1.0]]", "[[0.0, 0.0], [0.9, 1.0]]", "[[0.0, 0.0], [1.0, 1.2]]"]
)
def test_a_curve_of_claims_that_promises_too_much_is_refused(curve: str) -> None:
    with pytest.raises(ValidationError):
        Claims.model_validate({"curve": tomllib.loads(f"x = {curve}")["x"], "source": "a test"})

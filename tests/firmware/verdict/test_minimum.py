"""NOTHING FOUND must be earned, and nobody claims more than was looked at."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.verdict.coverage import caught_by_kind, most_by_kind, share_caught
from firmware.verdict.evidence.likelihoods import packaged_likelihoods
from firmware.verdict.fusion import SensorReport
from firmware.verdict.judge import Judge
from firmware.verdict.minimum import MinimumOfSite, minimum_for, packaged_minimums, shortfalls
from firmware.verdict.model import Level
from hw.types import SENSOR_NAMES, Coverage, SensorName
from tests.firmware.sensors import PARTS, covered

TABLE = packaged_likelihoods()
shares = st.floats(0, 1)
looks = st.fixed_dictionaries(dict.fromkeys(SENSOR_NAMES, shares))


def reports(share: dict[SensorName, float], looked_s: float = 60.0) -> list[SensorReport]:
    return [
        SensorReport(sensor=name, coverage=covered(name, part), looked_s=looked_s)
        for name, part in share.items()
    ]


def whole(share: float = 1.0) -> dict[SensorName, float]:
    return dict.fromkeys(SENSOR_NAMES, share)


@given(looks, st.floats(0, 120))
@settings(max_examples=200)
def test_nothing_found_is_only_said_where_the_minimum_is_reached(
    share: dict[SensorName, float], looked_s: float
) -> None:
    judge = Judge(prior=0.005, table=TABLE)
    said = judge.judge(reports(share, looked_s), t_ns=0)
    least = minimum_for("unknown")
    reached = looked_s >= least.least_s and all(share[n.sensor] >= n.share for n in least.need)
    assert (said.level is Level.NOTHING_FOUND) <= reached
    assert bool(said.short_of) != reached


@given(
    st.lists(
        st.sampled_from(SENSOR_NAMES).flatmap(
            lambda name: st.builds(
                Coverage,
                sensor=st.just(name),
                share=shares,
                parts=st.fixed_dictionaries(dict.fromkeys(PARTS[name], shares)),
            )
        ),
        max_size=4,
        unique_by=lambda c: c.sensor,
    )
)
def test_no_claim_exceeds_what_the_coverage_could_give(coverages: list[Coverage]) -> None:
    caught, most = caught_by_kind(coverages, TABLE), most_by_kind(coverages, TABLE)
    assert all(caught[kind] <= most[kind] + 1e-12 for kind in caught)
    bound = sum(weight * most[kind] for kind, weight in TABLE.weights.items())
    assert share_caught(coverages, TABLE) <= bound + 1e-12


def test_a_second_of_looking_claims_no_more_than_it_saw() -> None:
    """The parts of a one-second scan of a simulated room, of which 0.24 was claimed once."""
    parts: dict[SensorName, dict[str, float]] = {
        "rf": {"analog_low": 0.32, "cofdm": 0.0, "cellular": 0.0},
        "wifi": {"streaming": 0.05, "idle": 0.09},
        "ble": {"adverts": 0.05},
        "lens": {"surface": 0.04},
    }
    coverages = [Coverage(sensor=name, share=0.1, parts=part) for name, part in parts.items()]
    assert share_caught(coverages, TABLE) < 0.12


@pytest.mark.parametrize("gone", SENSOR_NAMES)
def test_a_missing_or_failed_sensor_is_named(gone: SensorName) -> None:
    rows = [r for r in reports(whole()) if r.sensor != gone]
    least = minimum_for("toilet_cubicle")
    assert [(s.sensor, s.what) for s in shortfalls(least, rows)] == [(gone, "missing")]
    rows.append(SensorReport(sensor=gone, coverage=covered(gone, 1.0), looked_s=60.0, failed=True))
    assert [(s.sensor, s.what) for s in shortfalls(least, rows)] == [(gone, "failed")]


def test_a_sender_that_waits_for_its_judgement_stands_against_a_negative() -> None:
    rows = reports(whole())
    (wifi,) = (r for r in rows if r.sensor == "wifi")
    assert wifi.coverage is not None
    heard = replace(wifi, coverage=replace(wifi.coverage, reasons=("wifi_unsettled",)))
    rows = [heard if r.sensor == "wifi" else r for r in rows]
    assert [(s.sensor, s.what) for s in shortfalls(minimum_for("unknown"), rows)] == [("wifi", "unsettled")]
    said = Judge(prior=0.005, table=TABLE).judge(rows, t_ns=0)
    assert (said.level, said.rule) == (Level.INCONCLUSIVE, "rule.not_enough")


def test_one_sensor_alone_earns_its_word_on_that_sensor_alone() -> None:
    judge = Judge(prior=0.005, table=TABLE, minimum=minimum_for("unknown", only=("wifi",)))
    said = judge.judge(reports({"wifi": 0.9}), t_ns=0)
    assert (said.level, said.scope) == (Level.NOTHING_FOUND, ("wifi",))
    room = Judge(prior=0.005, table=TABLE).judge(reports({"wifi": 0.9}), t_ns=0)
    assert (room.level, room.rule) == (Level.INCONCLUSIVE, "rule.not_enough")


def test_time_is_asked_for_by_every_minimum_and_cannot_be_hurried() -> None:
    for least in packaged_minimums().values():
        hurried = shortfalls(least, reports(whole(), looked_s=least.least_s - 1.0))
        assert {s.what for s in hurried} == {"time"}
        assert shortfalls(least, reports(whole(), looked_s=least.least_s)) == ()


def test_a_site_may_ask_for_more_and_say_what_its_unit_lacks() -> None:
    site = MinimumOfSite(without=("lens", "rf"), least_s=45.0, share={"wifi.idle": 0.7})
    least = site.applied()
    assert (least.sensors, least.least_s, least.without) == (("wifi", "ble"), 45.0, ("lens", "rf"))
    assert {n.part: n.share for n in least.need if n.sensor == "wifi"}["idle"] == 0.7
    with pytest.raises(ValueError, match="share knows"):
        MinimumOfSite(share={"wifi.everything": 0.7}).applied()

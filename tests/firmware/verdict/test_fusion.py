"""The mixture: its arithmetic by hand, and what must hold whatever the numbers."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.sensor import Observation
from firmware.verdict.evidence.likelihoods import (
    KINDS,
    Likelihoods,
    designed_likelihoods,
    packaged_likelihoods,
)
from firmware.verdict.evidence.model import Evidence
from firmware.verdict.evidence.weigh import weigh
from firmware.verdict.fusion import SensorReport, agreement_factor, correction_nats, fade_nats, posterior
from firmware.verdict.judge import Judge
from firmware.verdict.minimum import minimum_for
from firmware.verdict.model import Level, Verdict
from hw.types import SENSOR_NAMES, SensorName
from tests.firmware.sensors import (
    PRIOR,
    S,
    advertiser,
    covered,
    emission,
    glint,
    network,
    room,
    station,
    streamer,
)

TABLE = designed_likelihoods()  # its figures are round: they can be checked by hand
shares = st.floats(0, 1)
scores = st.floats(0, 1)


def report(
    name: SensorName,
    seen: list[Observation],
    share: float = 0.9,
    now_s: float = 30.0,
    table: Likelihoods = TABLE,
) -> SensorReport:
    evidence = [e for e in (weigh(o, table) for o in seen) if e is not None]
    return SensorReport(
        sensor=name,
        coverage=covered(name, share),
        evidence=evidence,
        candidates=len(evidence),
        now_ns=round(now_s * S),
        looked_s=now_s,
    )


def judge(
    seen: dict[SensorName, list[Observation]],
    share: float = 0.9,
    prior: float = PRIOR,
    table: Likelihoods = TABLE,
) -> Verdict:
    reports = [report(name, things, share, table=table) for name, things in seen.items()]
    return Judge(prior=prior, table=table).judge(reports, t_ns=30 * S)


KEEP = TABLE.agreement.keep


def keeping(keep: float) -> Likelihoods:
    return TABLE.model_copy(update={"agreement": TABLE.agreement.model_copy(update={"keep": keep})})


def nothing(sensors: dict[SensorName, float], prior: float = PRIOR) -> Verdict:
    reports = [SensorReport(sensor=name, coverage=covered(name, share)) for name, share in sensors.items()]
    return Judge(prior=prior, table=TABLE).judge(reports, t_ns=0)


# ------------------------------------------------------------------ the arithmetic


def test_the_verdict_can_be_recomputed_by_hand() -> None:
    verdict = judge(room(wifi=[streamer()], lens=[glint()]))
    total = 0.0
    for row in verdict.arithmetic:
        product = row.weight
        for name in SENSOR_NAMES:
            product *= row.lr[name]
        speaking = sorted(ratio for ratio in row.lr.values() if ratio > 1.0)
        for weaker in speaking[:-1]:
            product *= weaker**KEEP / weaker
        assert product == pytest.approx(row.product)
        total += product
    assert math.log(total) == pytest.approx(verdict.log_lr)
    odds = PRIOR / (1 - PRIOR) * total
    assert odds / (1 + odds) == pytest.approx(verdict.probability)
    assert sum(c.log_lr for c in verdict.contributions) + verdict.agreement == pytest.approx(verdict.log_lr)


def test_two_senses_that_agree_add_what_the_table_keeps_and_no_more() -> None:
    """Both speak for a streaming camera: the weaker one's nats count by the share that is kept."""
    seen = room(wifi=[streamer()], lens=[glint()])
    whole, half = (judge(seen, table=keeping(keep)) for keep in (1.0, 0.5))
    row, less = (next(r for r in v.arithmetic if r.kind == "wifi-stream") for v in (whole, half))
    weaker = min(row.lr["wifi"], row.lr["lens"])
    assert weaker > 1.0
    assert row.agreed == 1.0
    assert less.lr == row.lr
    assert less.product == pytest.approx(row.product / math.sqrt(weaker))
    card, other = (next(r for r in v.arithmetic if r.kind == "card") for v in (whole, half))
    assert card == other  # the radio does not speak for it: nothing is agreed on


@given(st.lists(st.floats(0.01, 400.0), min_size=3, max_size=3), st.floats(0, 1), st.floats(1.0, 9.0))
def test_agreeing_never_takes_more_than_the_weaker_brought(
    ratios: list[float], keep: float, more: float
) -> None:
    lr: dict[SensorName, float] = dict(zip(("rf", "wifi", "lens"), ratios, strict=True))
    factor = agreement_factor(lr, keep=keep)
    both = math.prod(lr.values()) * factor
    silent = math.prod(min(1.0, r) for r in ratios)
    assert factor <= 1.0
    assert both >= max(1.0, *ratios) * silent * (1 - 1e-9)
    stronger = lr | {"wifi": lr["wifi"] * more}
    assert math.prod(stronger.values()) * agreement_factor(stronger, keep=keep) >= both * (1 - 1e-9)


def test_a_worked_example_of_silence() -> None:
    """Only Wi-Fi, fully covered, nothing found: each number is written out here."""
    verdict = nothing({"wifi": 1.0})
    stream = (1 - 0.95) / (1 - 0.03)
    idle = (1 - 0.14) / (1 - 0.03)
    total = 0.25 * stream + 0.25 * idle + 0.5
    assert verdict.log_lr == pytest.approx(math.log(total))
    assert verdict.share_caught == pytest.approx(0.25 * 0.95 + 0.25 * 0.14)


def test_the_worked_example_of_the_page() -> None:
    things: list[Observation] = [
        *(station(f"00:{i:02x}", last_s=30.0) for i in range(11)),
        streamer(score=0.97),
    ]
    found = Judge(prior=PRIOR, table=TABLE).judge([report("wifi", things, share=1.0)], t_ns=30 * S)
    page = (Path(__file__).parents[3] / "firmware" / "EXPLANATION.md").read_text(encoding="utf-8")
    for verdict in (nothing({"wifi": 1.0}), found):
        assert f"{verdict.log_lr:+.3f}".replace("-", "−") in page
        assert f"{100 * verdict.probability:.2g} %" in page
    assert f"{found.arithmetic[0].product:.3f}" in page


def test_a_repeat_is_not_listed_as_if_it_said_more() -> None:
    twice = judge(room(wifi=[streamer("a", score=0.95), streamer("b", score=0.95)]))
    assert [c.subject for c in twice.contributions if c.sensor == "wifi" and c.log_lr > 0] == ["a"]


def test_the_shares_that_the_weights_were_chosen_for() -> None:
    assert nothing({"rf": 1, "wifi": 1, "ble": 1}).share_caught == pytest.approx(0.33, abs=0.01)
    assert nothing({"lens": 0.9}).share_caught == pytest.approx(0.68, abs=0.01)
    assert nothing({"rf": 1, "wifi": 1, "ble": 1, "lens": 0.9}).share_caught == pytest.approx(0.78, abs=0.01)


def test_a_silent_radio_hardly_clears_a_card_camera() -> None:
    card = next(r for r in nothing({"rf": 1, "wifi": 1, "ble": 1}).arithmetic if r.kind == "card")
    assert card.product == pytest.approx(card.weight)


def test_contributions_come_sorted_and_include_negatives() -> None:
    sizes = [abs(c.log_lr) for c in judge(room(wifi=[streamer()])).contributions]
    assert sizes == sorted(sizes, reverse=True)
    assert any(c.log_lr < 0 for c in judge(room(wifi=[streamer()])).contributions)


# ------------------------------------------------------------------ rooms


@pytest.mark.parametrize(
    ("found", "levels"),
    [
        ({}, {Level.NOTHING_FOUND}),
        ({"rf": [emission("cam", kind="analog-video-pal", score=0.99)]}, {Level.CHECK}),
        (
            {"rf": [emission("cam", kind="analog-video-pal", score=0.9999, picture=0.97)]},
            {Level.LIKELY_CAMERA},
        ),
        ({"wifi": [streamer()]}, {Level.CHECK}),
        ({"wifi": [streamer()], "lens": [glint(score=0.97, poses=4)]}, {Level.LIKELY_CAMERA}),
        ({"wifi": [network(score=0.97)]}, {Level.CHECK}),
        ({"wifi": [network(score=0.97)], "lens": [glint()]}, {Level.LIKELY_CAMERA}),
        ({"lens": [glint(score=0.995)]}, {Level.LIKELY_CAMERA}),
        ({"lens": [glint(score=0.9)]}, {Level.CHECK}),
        ({"lens": [glint(score=0.97, poses=4)]}, {Level.CHECK}),
        ({"wifi": [station(activity="video-call", score=0.35, streaming_score=0.6)]}, {Level.NOTHING_FOUND}),
        ({"wifi": [network(strength="B", score=0.9)]}, {Level.CHECK}),
        ({"wifi": [network(strength="B", score=0.4)]}, {Level.NOTHING_FOUND}),
        ({"rf": [emission("link", kind="cofdm", score=0.8)]}, {Level.CHECK}),
        ({"rf": [emission("phone", kind="cellular-uplink", score=0.99)]}, {Level.NOTHING_FOUND}),
        ({"lens": [glint(i, label="reflector", score=0.3) for i in range(40)]}, {Level.NOTHING_FOUND}),
    ],
)
def test_rooms_get_the_right_word(found: dict[str, list[Observation]], levels: set[Level]) -> None:
    assert judge(room(**found), table=packaged_likelihoods()).level in levels


def test_likely_camera_is_not_reached_by_one_unconfirmed_sense_however_sure() -> None:
    for prior in (PRIOR, 0.5, 0.99):
        assert judge(room(wifi=[streamer(score=1.0)]), prior=prior).level is Level.CHECK


def test_wifi_and_bluetooth_are_no_two_senses() -> None:
    seen = room(wifi=[streamer(score=0.999)], ble=[advertiser(score=0.999)])
    assert judge(seen).level is Level.CHECK


def test_one_device_heard_by_two_radios_counts_once() -> None:
    here = replace(network(score=0.97), rssi_dbm=-30.0)
    alone = judge(room(wifi=[here]))
    both = judge(room(wifi=[here], ble=[advertiser(score=0.97)]))
    assert both.log_lr - alone.log_lr < 0.1


def test_what_could_not_be_seen_is_named() -> None:
    assert nothing({"wifi": 1.0}).blind_to == (
        "kind.card", "kind.wired", "kind.analog-low", "kind.analog-high", "kind.cellular",
    )  # fmt: skip
    assert nothing({"lens": 0.9}).blind_to == ()


def test_a_scan_of_one_sensor_does_not_ask_for_the_others() -> None:
    heard = report("wifi", [], share=0.3)
    alone = Judge(prior=PRIOR, minimum=minimum_for("unknown", only={"wifi"})).judge([heard], t_ns=30 * S)
    assert alone.advice.step == "next.wifi"
    everything = Judge(prior=PRIOR).judge([heard], t_ns=30 * S)
    assert everything.advice.step == "next.reconnect"  # there they are missing
    assert 0 < alone.advice.gain < everything.advice.gain


def test_the_next_step_is_what_raises_the_share_most() -> None:
    verdict = nothing({"rf": 1.0, "wifi": 1.0, "ble": 1.0, "lens": 0.1})
    assert verdict.advice.step == "next.lens"
    assert verdict.advice.gain == pytest.approx(
        nothing(dict.fromkeys(SENSOR_NAMES, 1.0)).share_caught - verdict.share_caught
    )
    taught = packaged_likelihoods()
    assert judge(room(lens=[glint(score=0.995)]), table=taught).advice.step == "next.police"
    assert judge(room(wifi=[streamer()])).advice.step == "next.look"


# ------------------------------------------------------------------ what must always hold


@given(st.dictionaries(st.sampled_from(SENSOR_NAMES), shares, min_size=1), st.sampled_from(SENSOR_NAMES))
def test_a_missing_sense_is_neutral(present: dict[SensorName, float], gone: SensorName) -> None:
    present = {n: s for n, s in present.items() if n != gone}
    with_none = [SensorReport(sensor=n, coverage=covered(n, s)) for n, s in present.items()]
    with_none.append(SensorReport(sensor=gone, coverage=None))
    assert Judge(prior=PRIOR, table=TABLE).judge(with_none, t_ns=0).log_lr == nothing(present).log_lr


@given(
    st.dictionaries(st.sampled_from(SENSOR_NAMES), shares, min_size=1), st.sampled_from(SENSOR_NAMES), shares
)
def test_more_coverage_with_nothing_found_never_raises_the_probability(
    sensors: dict[SensorName, float], name: SensorName, more: float
) -> None:
    before = nothing(sensors)
    after = nothing(sensors | {name: max(more, sensors.get(name, 0.0))})
    assert after.probability <= before.probability + 1e-12
    assert after.share_caught >= before.share_caught - 1e-12
    assert before.probability <= PRIOR + 1e-12


@given(scores, st.integers(1, 1000))
@settings(max_examples=40)
def test_repeats_of_one_weak_identity_add_nothing(score: float, repeats: int) -> None:
    once = judge(room(wifi=[network("fe:00", score=score)]))
    again = judge(room(wifi=[network(f"fe:{i:04x}", score=score) for i in range(repeats)]))
    assert again.log_lr - once.log_lr < 0.1


@pytest.mark.parametrize(
    "table", [designed_likelihoods(), packaged_likelihoods()], ids=["designed", "learned"]
)
@pytest.mark.parametrize("score", [0.3, 0.8, 0.95])
def test_a_thousand_repetitions_of_one_weak_identity_stay_below_a_tenth_of_a_nat(
    table: Likelihoods, score: float
) -> None:
    once = judge(room(wifi=[network("fe:00", score=score)]), table=table)
    by_name = judge(room(wifi=[network(f"fe:{i:04x}", score=score) for i in range(1000)]), table=table)
    assert by_name.log_lr - once.log_lr < 0.1
    again = report("wifi", room(wifi=[network("fe:00", score=score)] * 1000)["wifi"], table=table)
    others = [report(name, things, table=table) for name, things in room().items() if name != "wifi"]
    heard_often = Judge(prior=PRIOR, table=table).judge([again, *others], t_ns=30 * S)
    assert heard_often.log_lr - once.log_lr < 0.1


@given(st.lists(st.tuples(st.sampled_from(["rf", "wifi", "ble", "lens"]), scores), max_size=30))
@settings(max_examples=60)
def test_no_sense_moves_the_room_beyond_its_cap(finds: list[tuple[str, float]]) -> None:
    makers = {
        "rf": lambda i, s: emission(f"x{i}", kind="analog-video-pal", score=s, picture=1.0),
        "wifi": lambda i, s: streamer(f"x{i}", score=s),
        "ble": lambda i, s: advertiser(f"x{i}", score=s),
        "lens": lambda i, s: glint(i, score=s),
    }
    seen = room()
    for i, (name, score) in enumerate(finds):
        seen[name].append(makers[name](i, score))  # type: ignore[index]
    verdict = judge(seen)
    for name in SENSOR_NAMES:
        own = sum(c.log_lr for c in verdict.contributions if c.sensor == name)
        assert own <= TABLE.senses[name].cap_nats + 1e-9
    assert 0 < verdict.probability < 1


@given(scores, scores)
def test_a_stronger_find_never_lowers_the_probability(low: float, high: float) -> None:
    low, high = sorted((low, high))
    weak, strong = (judge(room(wifi=[streamer(score=s)])) for s in (low, high))
    assert weak.probability <= strong.probability + 1e-12


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_the_correction_grows_with_the_candidates_and_is_bounded(few: int, many: int) -> None:
    few, many = sorted((few, many))
    for sense in TABLE.senses.values():
        assert (
            0
            <= correction_nats(few, sense)
            <= correction_nats(many, sense)
            <= math.log(sense.confounders_most)
        )


def test_a_flood_of_invented_devices_does_not_hide_a_camera() -> None:
    flood: list[Observation] = [station(f"ff:{i}") for i in range(3000)]
    assert judge(room(wifi=[*flood, streamer(score=0.999)])).level is Level.CHECK


def test_what_is_no_longer_there_fades_only_while_its_sense_looks() -> None:
    sense = TABLE.senses["rf"]
    assert fade_nats(4.0, age_s=sense.fresh_s, sensor=sense) == 4.0
    assert fade_nats(4.0, age_s=sense.fresh_s + sense.half_life_s, sensor=sense) == pytest.approx(2.0)
    assert fade_nats(-4.0, age_s=1e6, sensor=sense) == -4.0
    camera: list[Observation] = [emission("cam", kind="analog-video-pal", score=0.99, last_s=10.0)]
    room_nats = [
        Judge(prior=PRIOR, table=TABLE).judge([report("rf", camera, now_s=now_s)], t_ns=900 * S).log_lr
        for now_s in (10.0, 300.0, 900.0)
    ]
    assert room_nats == sorted(room_nats, reverse=True)
    assert room_nats[0] > 1.5
    assert room_nats[2] < 0.2


@given(st.floats(1e-4, 0.5), st.floats(-12, 12))
def test_the_posterior_is_bayes(prior: float, log_lr: float) -> None:
    odds = prior / (1 - prior) * math.exp(log_lr)
    assert posterior(prior, log_lr) == pytest.approx(odds / (1 + odds))


def test_evidence_for_kinds_nobody_knows_is_ignored() -> None:
    odd = Evidence(
        sensor="wifi", subject="x", log_lr=5.0, log_lr_by_kind={"unknown-kind": 5.0}, reason="reason.x"
    )
    reports = [SensorReport(sensor="wifi", coverage=covered("wifi", 1.0), evidence=[odd], candidates=1)]
    verdict = Judge(prior=PRIOR, table=TABLE).judge(reports, t_ns=0)
    assert verdict.log_lr == pytest.approx(nothing({"wifi": 1.0}).log_lr)
    assert len(verdict.arithmetic) == len(KINDS)

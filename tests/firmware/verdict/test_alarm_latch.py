"""An alarm that was shown is kept, whatever the number does afterwards."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.verdict.alarm_latch import AlarmLatch
from firmware.verdict.levels import ALARMS, RANK
from firmware.verdict.model import Level, Verdict, WeighedSubject

QUIET = Verdict(
    level=Level.NOTHING_FOUND, probability=0.001, prior=0.005, log_lr=-1.6, share_caught=0.7, coverage={},
    contributions=(),
)  # fmt: skip


def finding(name: str) -> WeighedSubject:
    return WeighedSubject(sensor="wifi", subject=name, word="finding", nats=3.0, reason="r", params={})


def alarm(name: str, level: Level = Level.CHECK, probability: float = 0.1) -> Verdict:
    return replace(QUIET, level=level, probability=probability, subjects=(finding(name),))


@given(st.lists(st.sampled_from([QUIET, alarm("a"), alarm("b", Level.LIKELY_CAMERA, 0.9)]), max_size=12))
def test_the_word_never_falls_and_every_subject_stays(said: list[Verdict]) -> None:
    latch, highest, names = AlarmLatch(), 0, set[str]()
    for t_ns, verdict in enumerate(said):
        held = latch.hold(verdict, t_ns)
        highest = max(highest, RANK[verdict.level])
        names |= {s.subject for s in verdict.subjects}
        assert RANK[held.level] == highest
        assert held.probability == verdict.probability
        assert held.findings == names
        assert (held.alarm is not None) == (held.level in ALARMS)


def test_the_loudest_moment_is_the_one_that_is_remembered() -> None:
    latch = AlarmLatch()
    latch.hold(alarm("a", probability=0.2), 5)
    latch.hold(alarm("a", probability=0.6), 7)
    held = latch.hold(alarm("a", probability=0.1), 9)
    assert held.alarm is not None
    assert (held.alarm.t_ns, held.alarm.probability) == (7, 0.6)
    assert not latch.resolve("harmless", "  ")
    assert latch.resolve("harmless", "a router")


def test_an_alarm_called_harmless_shows_its_answer_beside_the_live_word_and_number() -> None:
    latch = AlarmLatch()
    latch.hold(alarm("a", probability=0.3), 1)
    assert latch.resolve("harmless", "the owner's monitor")
    for live in (alarm("a", probability=0.25), QUIET):
        held = latch.hold(live, 2)
        assert (held.level, held.probability) == (live.level, live.probability)
        assert held.alarm is not None
        assert (held.alarm.level, held.alarm.resolution) == (Level.CHECK, "harmless")
        assert held.findings == {"a"}


@pytest.mark.parametrize("more", [alarm("b", probability=0.05), alarm("a", Level.LIKELY_CAMERA, 0.9)])
def test_another_subject_or_a_stronger_word_raises_the_alarm_anew(more: Verdict) -> None:
    latch = AlarmLatch()
    latch.hold(alarm("a", probability=0.3), 1)
    latch.resolve("harmless", "the owner's monitor")
    latch.hold(more, 3)
    held = latch.hold(QUIET, 4)
    assert held.level is more.level
    assert held.alarm is not None
    assert (held.alarm.t_ns, held.alarm.resolution) == (3, "")
    assert held.findings == {s.subject for s in more.subjects} | {"a"}


@pytest.mark.parametrize("word", ["found", "unclear"])
def test_any_other_answer_lets_no_word_fall(word: str) -> None:
    latch = AlarmLatch()
    latch.hold(alarm("a", probability=0.3), 1)
    latch.resolve(word, "")  # type: ignore[arg-type]
    held = latch.hold(QUIET, 2)
    assert (held.level, held.live_level) == (Level.CHECK, Level.NOTHING_FOUND)
    assert held.alarm is not None
    assert held.alarm.resolution == word

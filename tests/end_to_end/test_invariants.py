"""A short set of the invariants; the long one is ``python -m tests.benchmarks.invariants``."""

from __future__ import annotations

from dataclasses import replace

import pytest

from firmware.records.resolutions import Resolution
from firmware.verdict.model import Alarm, Level, Shortfall
from tests.end_to_end.invariants import CUBICLES, rush
from tests.end_to_end.walker import Walk
from tests.firmware.sensors import engine_for
from tests.firmware.verdict.test_whereabouts import CHECK, SUSPECT


@pytest.mark.parametrize("seed", range(10))
def test_a_rushed_site_never_gets_a_negative_headline(seed: int) -> None:
    done = rush(seed)
    assert len(done.levels) == CUBICLES
    assert done.headline != Level.NOTHING_FOUND.value
    assert Level.NOTHING_FOUND.value not in done.levels


def test_the_same_walk_without_hurry_does_get_one() -> None:
    done = rush(1, step_s=200.0)
    assert Level.NOTHING_FOUND.value in done.levels


@pytest.mark.parametrize("scene", ["wifi-camera", "empty-room"])
@pytest.mark.parametrize("duration_s", [0.5, 20.0])
def test_no_frame_of_a_walked_room_violates_an_invariant(scene: str, duration_s: float) -> None:
    walk = Walk()
    walk.room(scene, duration_s=duration_s, only={"wifi", "ble"}, langs=("ko", "en"), answer="harmless")
    assert walk.frames > 0
    assert not walk.violations, walk.examples


def test_the_walker_sees_what_violates_an_invariant() -> None:
    short = (Shortfall(sensor="wifi", what="missing"),)
    honest = engine_for("wifi").snapshot()
    for name, changed in {
        "earned": replace(honest.verdict, level=Level.NOTHING_FOUND, short_of=short),
        "bound": replace(honest.verdict, share_caught=0.5),
    }.items():
        walk = Walk()
        walk.frame(replace(honest, verdict=changed), "a room", ("en",))
        assert set(walk.violations) == {name}
    walk = Walk()
    walk.frame(replace(honest, verdict=replace(honest.verdict, level=Level.CHECK)), "a room", ("en",))
    assert set(walk.violations) == {"named", "where"}


@pytest.mark.parametrize("word", ["harmless", "found", "unclear"])
def test_a_resolved_alarm_is_told_alike_by_page_list_record_and_paper(word: Resolution) -> None:
    bare = engine_for("wifi").snapshot()
    kept = Alarm(level=Level.CHECK, t_ns=0, probability=0.2, rule="", subjects=(SUSPECT,))
    alarmed = replace(CHECK, coverage=bare.verdict.coverage, alarm=kept)
    walk = Walk()
    walk.answered(replace(bare, verdict=alarmed), word, "a room", ("ko", "en"))
    assert not walk.violations
    walk.answered(bare, word, "a quiet room", ("ko", "en"))
    assert not walk.violations


def test_the_walker_sees_an_answer_that_the_paper_does_not_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.end_to_end.answering._is_on_paper", lambda *_: False)
    bare = engine_for("wifi").snapshot()
    kept = Alarm(level=Level.CHECK, t_ns=0, probability=0.2, rule="", subjects=(SUSPECT,))
    alarmed = replace(CHECK, coverage=bare.verdict.coverage, alarm=kept)
    walk = Walk()
    walk.answered(replace(bare, verdict=alarmed), "found", "a room", ("en",))
    assert set(walk.violations) == {"answer"}


@pytest.mark.parametrize(
    ("what", "instead"),
    [
        ("findings_csv", lambda _: b"sensor,subject\r\n"),
        ("pdf_words", lambda _: ""),
        ("summary_html", lambda *_: ""),
        ("encode_line", lambda *_, **__: b'{"verdict":{"level":""},"spectrum":[],"stations":[],"glints":[]}'),
    ],
)
def test_the_walker_sees_an_output_that_tells_something_else(
    what: str, instead: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"tests.end_to_end.outputs.{what}", instead)
    walk = Walk()
    walk.room("wifi-camera", duration_s=20.0, only={"wifi"}, langs=("en",))
    assert set(walk.violations) == {"written"}

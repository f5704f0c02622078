"""When the engine judges: at need, with the snapshots of judging always, for any order of events."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.settings.sections import EngineConfig
from firmware.verdict.commands import BeginInspection, EndInspection, EngineCommand, Rescan
from firmware.verdict.engine import (
    Engine,
    Event,
    Finished,
    SensorFinished,
    SensorLost,
    SensorMissing,
    SensorStarted,
    Snapshot,
    Tick,
)
from firmware.verdict.evidence.likelihoods import designed_likelihoods
from firmware.verdict.judge import Judge
from firmware.verdict.model import Level, Verdict
from firmware.verdict.sensor_state import STATES
from hw.types import SENSOR_NAMES
from tests.firmware.sensors import (
    PRIOR,
    S,
    clean_room,
    engine_for,
    glint,
    room,
    step,
    streamer,
)
from tests.firmware.verdict.feeding import feed, give, tick

EVENTS = st.one_of(
    st.builds(Tick, t_ns=st.integers(0, 10**11)),
    st.builds(Finished, t_ns=st.integers(0, 10**11)),
    st.builds(SensorStarted, sensor=st.sampled_from(SENSOR_NAMES), t_ns=st.integers(0, 10**11)),
    st.builds(SensorFinished, sensor=st.sampled_from(SENSOR_NAMES), t_ns=st.integers(0, 10**11)),
    st.builds(SensorMissing, sensor=st.sampled_from(SENSOR_NAMES), reason=st.just("busy")),
    st.builds(
        SensorLost,
        sensor=st.sampled_from(SENSOR_NAMES),
        t_ns=st.integers(0, 10**11),
        reason=st.just("unplugged"),
    ),
    st.builds(EndInspection, t_ns=st.integers(0, 10**11)),
    st.builds(BeginInspection, t_ns=st.integers(0, 10**11)),
    st.builds(Rescan, t_ns=st.integers(0, 10**11)),
    st.sampled_from(SENSOR_NAMES).flatmap(
        lambda n: st.builds(
            step, st.just(n), st.just(clean_room()[n]), t_s=st.floats(0, 100), share=st.floats(0, 1)
        )
    ),
)


@given(st.lists(EVENTS, max_size=25))
@settings(max_examples=80)
def test_any_order_of_events_leaves_a_sane_snapshot(events: list[Event | EngineCommand]) -> None:
    engine, last_ns = engine_for(), 0
    for event in events:
        give(engine, event)
        snapshot = engine.snapshot()
        assert snapshot.t_ns >= last_ns
        assert 0 < snapshot.verdict.probability < 1
        assert 0 <= snapshot.verdict.share_caught <= 1
        assert {s.state for s in snapshot.sensors} <= {state for state, _ in STATES}
        last_ns = snapshot.t_ns


class EagerEngine(Engine):
    """Judges anew at every tick, whatever has changed."""

    def _is_answered(self, asked: object, last: object) -> bool:
        return False


class CountingJudge(Judge):
    """Counts how often it was asked."""

    asked = 0

    def judge(self, *args: Any, **more: Any) -> Verdict:
        self.asked += 1
        return super().judge(*args, **more)


def eager_engine() -> Engine:
    judge = Judge(prior=PRIOR, table=designed_likelihoods())
    return EagerEngine(judge=judge, config=EngineConfig(), sensors=SENSOR_NAMES)


FINDS = st.sampled_from(SENSOR_NAMES).flatmap(
    lambda n: st.builds(
        step, st.just(n), st.sampled_from([[], clean_room()[n], room(wifi=[streamer()], lens=[glint()])[n]]),
        share=st.sampled_from([0.0, 0.3, 1.0]), whole=st.booleans(),
    )
)  # fmt: skip
CHANGES = st.one_of(
    FINDS,
    FINDS,
    st.builds(SensorStarted, sensor=st.sampled_from(SENSOR_NAMES), t_ns=st.just(0)),
    st.builds(SensorLost, sensor=st.sampled_from(SENSOR_NAMES), t_ns=st.just(0), reason=st.just("unplugged")),
    st.builds(SensorFinished, sensor=st.sampled_from(SENSOR_NAMES), t_ns=st.just(0)),
    st.builds(EndInspection),
    st.builds(BeginInspection),
    st.builds(Rescan),
)


@given(st.lists(st.tuples(CHANGES, st.integers(1, 60)), max_size=12))
@settings(max_examples=60)
def test_a_verdict_that_is_computed_on_need_is_the_one_computed_always(
    changes: list[tuple[Event | EngineCommand, int]],
) -> None:
    lazy, eager, tenths = engine_for(), eager_engine(), 0
    for change, ticks in changes:
        moved = replace(change, t_ns=tenths * S // 10)
        for engine in (lazy, eager):
            give(engine, moved)
        for _ in range(ticks):
            tenths += 1
            assert tick(lazy, tenths / 10) == tick(eager, tenths / 10)


def test_a_held_level_falls_in_silence_at_the_same_tick() -> None:
    hold_s = designed_likelihoods().levels.hold_s
    levels: list[list[Level]] = []
    for engine in (engine_for(), eager_engine()):
        feed(engine, room(wifi=[streamer()]), t_s=20)  # type: ignore[arg-type]
        engine.handle(step("wifi", clean_room()["wifi"], t_s=21, whole=True))
        for name in SENSOR_NAMES:
            engine.handle(SensorFinished(sensor=name, t_ns=21 * S))
        said = [tick(engine, 21 + n / 10).verdict for n in range(round(10 * hold_s) + 5)]
        assert {v.level for v in said} == {Level.CHECK}  # the place's word is kept
        levels.append([v.live_level or v.level for v in said])
    assert levels[0] == levels[1]
    assert levels[0][0] is Level.CHECK
    assert levels[0][-1] is Level.NOTHING_FOUND


def test_a_quiet_hour_is_judged_a_few_times_only() -> None:
    judge = CountingJudge(prior=PRIOR, table=designed_likelihoods())
    engine = Engine(judge=judge, config=EngineConfig(), sensors=SENSOR_NAMES)
    for name, seen in clean_room().items():
        engine.handle(step(name, seen, t_s=1.0))
        engine.handle(SensorFinished(sensor=name, t_ns=S))
    before = judge.asked
    for second in range(2, 3600):
        tick(engine, float(second))
    assert judge.asked - before <= 3
    assert engine.snapshot().elapsed_s == 3599.0


def test_the_same_events_give_the_same_snapshot() -> None:
    def run() -> Snapshot:
        engine = engine_for()
        for t_s in (1, 2, 3):
            feed(engine, room(wifi=[streamer()], lens=[glint()]), t_s=t_s)  # type: ignore[arg-type]
        return engine.snapshot()

    assert run() == run()

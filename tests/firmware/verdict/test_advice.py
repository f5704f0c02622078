"""The next step is worked out once, and only when it is asked for."""

from __future__ import annotations

import pickle
from functools import partial

import pytest

from firmware.handheld.panel import Panel, PanelStyle
from firmware.verdict import judge as judging
from firmware.verdict.advice import Advice
from firmware.verdict.engine import Tick
from hw.types import ButtonPress
from tests.firmware.sensors import S, engine_for, room, step


def test_it_is_worked_out_once_at_the_first_question() -> None:
    asked: list[int] = []

    def work_out() -> tuple[str, float]:
        asked.append(1)
        return "next.lens", 0.25

    advice = Advice(work_out)
    assert not asked
    assert (advice.step, advice.gain, advice.step) == ("next.lens", 0.25, "next.lens")
    assert asked == [1]


def test_two_are_equal_where_they_say_the_same() -> None:
    said = Advice(partial(tuple, ("next.lens", 0.25)))
    assert said == Advice.of("next.lens", 0.25)
    assert hash(said) == hash(Advice.of("next.lens", 0.25))
    assert said != Advice.of("next.lens", 0.2)
    assert Advice() == Advice.of("")
    assert said != "next.lens"
    assert pickle.loads(pickle.dumps(said)) == said  # noqa: S301 - our own bytes


def test_verdicts_are_made_without_it_and_only_the_home_page_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    real = judging.next_step

    def counted(*args: object, **options: object) -> tuple[str, float]:
        asked.append(1)
        return real(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(judging, "next_step", counted)
    engine = engine_for()
    panel = Panel(PanelStyle(lang="en", theme="dark", silent=True), until_s=None, simulated=True)
    panel.press(ButtonPress(t_ns=0, button="down"))
    for second in range(1, 20):
        for name, seen in room().items():
            engine.handle(step(name, seen, t_s=second, share=second / 20))
        engine.handle(Tick(t_ns=second * S))
        panel.watch(engine.snapshot())
        assert panel.shown is not None
        assert panel.shown.page != "home"
    assert not asked
    panel.press(ButtonPress(t_ns=20 * S, button="back"))
    for _ in range(3):
        panel.draw(engine.snapshot())
    assert panel.shown.page == "home"
    assert asked == [1]

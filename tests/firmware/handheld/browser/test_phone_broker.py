"""A press on the phone answers the question that it was asked, and no other."""

from __future__ import annotations

import threading

import pytest

from firmware.handheld.browser.phone_content import moment_of
from firmware.handheld.commands import Home, PressInspection, SetLanguage, SetSound, TurnInspection
from tests.firmware.handheld.browser.phone_run import MOMENT, Phone, state_at


def test_a_chosen_row_becomes_the_presses_that_lead_to_it() -> None:
    phone = Phone("start")
    phone.panel.inspection_row = 2
    phone.show()
    assert phone.broker.press({"do": "choose", "row": 1, "moment": moment_of(state_at("start"))})
    assert list(phone.broker.poll()) == [PressInspection(button="up"), PressInspection(button="ok")]
    assert list(phone.broker.poll()) == []


def test_a_press_that_comes_as_the_step_moves_on_is_not_taken() -> None:
    phone = Phone("personal")
    phone.show(state_at("personal", step=1))
    assert phone.broker.press({"do": "ok", "moment": moment_of(state_at("personal", step=0))})
    assert list(phone.broker.poll()) == []
    assert phone.broker.press({"do": "ok", "moment": moment_of(state_at("personal", step=1))})
    assert list(phone.broker.poll()) == [PressInspection(button="ok")]


def test_a_row_that_is_not_there_is_not_taken() -> None:
    phone = Phone("start")
    phone.show()
    for row in (-1, 99):
        assert phone.broker.press({"do": "choose", "row": row, "moment": moment_of(state_at("start"))})
    assert list(phone.broker.poll()) == []


def test_what_needs_no_question_is_always_taken() -> None:
    phone = Phone("result")
    phone.show()
    for wish in (
        {"do": "follow", "subject": "aa"},
        {"do": "stop"},
        {"do": "language"},
        {"do": "silent"},
        {"do": "again"},
    ):
        assert phone.broker.press(wish)
    assert list(phone.broker.poll()) == [
        Home(subject="aa"), Home(subject=None), SetLanguage(lang="ko"), SetSound(silent=True),
        TurnInspection(word="start"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "said", [None, [], "ok", {}, {"do": "rm"}, {"do": "ok", "row": "1"}, {"do": "ok", "moment": 3},
             {"do": "follow", "subject": "x" * 201}, {"do": "follow", "subject": 7}],
)  # fmt: skip
def test_what_the_page_could_not_have_sent_is_refused(said: object) -> None:
    phone = Phone()
    assert not phone.broker.press(said)
    assert list(phone.broker.poll()) == []


def test_presses_are_bounded_and_nothing_is_asked_before_a_panel_is_there() -> None:
    phone = Phone()
    for n in range(100):
        phone.broker.press({"do": "follow", "subject": str(n)})
    assert len(phone.broker.poll()) == 16
    phone.panel.shown = None
    phone.broker.press({"do": "stop"})
    assert list(phone.broker.poll()) == []


def test_the_same_content_is_told_once_and_the_step_of_a_finding_is_kept() -> None:
    phone = Phone("personal")
    phone.show(state_at("personal", step=2))
    first = phone.broker.wait(0, 0.0)
    assert first is not None
    phone.show()
    assert phone.broker.wait(first[0], 0.0) is None
    phone.show(state_at("result"))
    assert phone.broker.content is not None
    assert phone.broker.content["found"][0]["noticed"] == "First noticed at: Light things that face the bed"


def test_the_end_wakes_who_waits() -> None:
    phone = Phone()
    waiting = threading.Thread(target=phone.broker.wait, args=(0, 30.0))
    waiting.start()
    phone.broker.end()
    waiting.join(5.0)
    assert not waiting.is_alive()
    assert phone.broker.over


def test_it_is_told_three_times_a_second_at_most_and_at_once_after_a_press() -> None:
    phone = Phone("start")
    phone.broker.show(None, MOMENT)
    number = phone.broker.wait(0, 0.0)
    phone.panel.shown = state_at("result")
    phone.broker.show(None, MOMENT)
    assert number is not None
    assert phone.broker.wait(number[0], 0.0) is None
    phone.broker.press({"do": "silent"})
    phone.broker.poll()
    phone.broker.show(None, MOMENT)
    assert phone.broker.wait(number[0], 0.0) is not None

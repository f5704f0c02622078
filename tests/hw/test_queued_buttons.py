"""Presses from elsewhere: bounded, in order, at the time of the picture they answer."""

from __future__ import annotations

from hw.queued_buttons import PRESSES_MOST, QueuedButtons
from hw.types import ButtonPress


def test_presses_come_in_order_at_the_time_of_the_picture() -> None:
    buttons = QueuedButtons()
    buttons.look_at(7)
    buttons.press("down", long=False)
    buttons.press("ok", long=True)
    assert buttons.poll() == (
        ButtonPress(t_ns=7, button="down", long=False),
        ButtonPress(t_ns=7, button="ok", long=True),
    )
    assert buttons.poll() == ()


def test_a_flood_of_presses_forgets_the_oldest() -> None:
    buttons = QueuedButtons()
    buttons.press("up", long=False)
    for _ in range(PRESSES_MOST):
        buttons.press("ok", long=False)
    waiting = buttons.poll()
    assert len(waiting) == PRESSES_MOST
    assert {press.button for press in waiting} == {"ok"}

"""From the buttons to the engine, and what a new inspection asks of the senses: to begin afresh."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from firmware.verdict.engine import Button, Engine, Renewing
from hw.types import ButtonPress

PollButtons = Callable[[], Sequence[ButtonPress]]
Renew = Callable[[int], None]  # takes the number of the place that is entered, from 0


def hand_over(engine: Engine, poll: PollButtons | None, renew: Renew | None, *, t_ns: int) -> None:
    """Give the presses to the engine; where they begin a new inspection, have the senses made anew.

    Notes
    -----
    A sense that has covered the place before would claim the next one as looked at. So nothing it says
    counts until it has started again.
    """
    before = engine.inspection
    for press in poll() if poll is not None else ():
        engine.handle(Button(press=press))
    if engine.inspection != before and renew is not None:
        engine.handle(Renewing(t_ns=t_ns))
        renew(engine.inspection - 1)

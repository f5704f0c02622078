"""Hands commands to the engine, and renews the sensors where the engine has begun a new inspection."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from firmware.verdict.commands import EngineCommand
from firmware.verdict.engine import Engine, Renewing

PollCommands = Callable[[], Sequence[EngineCommand]]
Renew = Callable[[int], None]  # takes the number of the place that is entered, from 0


def obey(engine: Engine, poll: PollCommands | None, renew: Renew | None, *, t_ns: int) -> None:
    """Give the engine the commands that have come; renew the sensors where one began an inspection.

    Notes
    -----
    A sensor that has covered the place before would claim the next one as looked at. So nothing it says
    counts until it has started again.
    """
    answers = [engine.obey(command) for command in (poll() if poll is not None else ())]
    if renew is not None and "begun" in answers:
        engine.handle(Renewing(t_ns=t_ns))
        renew(engine.inspection - 1)

"""Passes commands to the engine, and renews the sensors where the engine has begun a new inspection."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from firmware.verdict.commands import EngineCommand
from firmware.verdict.engine import Engine, Renewing

PollCommands = Callable[[], Sequence[EngineCommand]]
Renew = Callable[[int], None]  # takes the number of the place that is entered, from 0


def obey(engine: Engine, poll: PollCommands | None, renew: Renew | None, *, t_ns: int) -> None:
    """Pass waiting commands to the engine; renew the sensors where one of them began an inspection.

    Parameters
    ----------
    engine : Engine
        The engine of the run.
    poll : callable or None
        Returns the commands that wait.
    renew : callable or None
        Makes the sensors of a place anew, given its number.
    t_ns : int
        Session time in ns.

    Notes
    -----
    A sensor that has covered the place before would claim the next one as looked at. So nothing it says
    counts until it has started again.
    """
    answers = [engine.obey(command) for command in (poll() if poll is not None else ())]
    if renew is not None and "begun" in answers:
        engine.handle(Renewing(t_ns=t_ns))
        renew(engine.inspection - 1)

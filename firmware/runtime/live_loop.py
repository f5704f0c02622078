"""The live loop: empties the workers' inbox into the engine, ticks, and shows what came of it."""

from __future__ import annotations

from collections.abc import Callable

from firmware.runtime.controls import PollCommands, obey
from firmware.runtime.workers import WorkerPool
from firmware.verdict.engine import Engine, Finished, Snapshot, Tick
from hw.protocols import Clock

NS_PER_S = 1e9


def run_live(
    crew: WorkerPool,
    engine: Engine,
    *,
    clock: Clock,
    until_s: float | None = None,
    tick_s: float = 0.1,
    poll: PollCommands | None = None,
    on_progress: Callable[[Snapshot], bool | None] | None = None,
) -> Snapshot:
    """Run the started workers until time is up, every recording is over, or ``on_progress`` returns True.

    ``on_progress`` is called with a snapshot every ``tick_s``. At the end the crew is stopped, so that what
    its senses still had pending is in the last snapshot.
    """
    until_ns = None if until_s is None else round(until_s * NS_PER_S)
    tick_ns = round(tick_s * NS_PER_S)
    next_tick_ns = clock.now_ns()
    working = True
    while working:
        left_s = max(0.0, (next_tick_ns - clock.now_ns()) / NS_PER_S)
        for event in crew.inbox.take(wait_s=min(left_s, tick_s)):
            engine.handle(event)
        now_ns = clock.now_ns()
        if now_ns < next_tick_ns:
            continue
        obey(engine, poll, crew.renew, t_ns=now_ns)
        engine.handle(Tick(t_ns=now_ns))
        stopped = on_progress is not None and on_progress(engine.snapshot()) is True
        working = not stopped and (until_ns is None or now_ns < until_ns) and crew.alive()
        next_tick_ns = now_ns + tick_ns
    crew.stop()
    for event in crew.inbox.take(wait_s=0.0):
        engine.handle(event)
    engine.handle(Finished(t_ns=clock.now_ns()))
    return engine.snapshot()

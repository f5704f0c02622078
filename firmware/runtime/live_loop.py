"""The live loop: moves events from the workers' inbox into the engine, ticks, and reports each snapshot."""

from __future__ import annotations

from collections.abc import Callable

from firmware.runtime.controls import PollCommands, obey
from firmware.runtime.workers import WorkerPool
from firmware.verdict.engine import Engine, Finished, Snapshot, Tick
from hw.protocols import Clock

NS_PER_S = 1e9


def run_live(
    pool: WorkerPool,
    engine: Engine,
    *,
    clock: Clock,
    until_s: float | None = None,
    tick_s: float = 0.1,
    poll: PollCommands | None = None,
    on_progress: Callable[[Snapshot], bool | None] | None = None,
) -> Snapshot:
    """Run the started workers until time is up, every recording is over, or ``on_progress`` returns True.

    At the end the workers are stopped, so that pending results are in the last snapshot.

    Parameters
    ----------
    pool : WorkerPool
        The started workers.
    engine : Engine
        Takes their events.
    clock : Clock
        The session clock.
    until_s : float, optional
        Session time in s at which to stop; None runs on.
    tick_s : float
        Time between two snapshots, in s.
    poll : callable, optional
        Asked for commands before every tick.
    on_progress : callable, optional
        Called with every new snapshot; returning True ends the run.

    Returns
    -------
    Snapshot
        The last one.
    """
    until_ns = None if until_s is None else round(until_s * NS_PER_S)
    tick_ns = round(tick_s * NS_PER_S)
    next_tick_ns = clock.now_ns()
    working = True
    while working:
        left_s = max(0.0, (next_tick_ns - clock.now_ns()) / NS_PER_S)
        for event in pool.inbox.take(wait_s=min(left_s, tick_s)):
            engine.handle(event)
        now_ns = clock.now_ns()
        if now_ns < next_tick_ns:
            continue
        obey(engine, poll, pool.renew, t_ns=now_ns)
        engine.handle(Tick(t_ns=now_ns))
        stopped = on_progress is not None and on_progress(engine.snapshot()) is True
        working = not stopped and (until_ns is None or now_ns < until_ns) and pool.alive()
        next_tick_ns = now_ns + tick_ns
    pool.stop()
    for event in pool.inbox.take(wait_s=0.0):
        engine.handle(event)
    engine.handle(Finished(t_ns=clock.now_ns()))
    return engine.snapshot()

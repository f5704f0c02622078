"""Runs many rooms on several processes: resumable, because whatever is done is in the store."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from pathlib import Path

from firmware.verdict.evidence.likelihoods import designed_likelihoods, packaged_likelihoods
from hw.types import SENSOR_NAMES, SensorName
from tests.benchmarks.rooms.draw import Case, draw_case
from tests.benchmarks.rooms.models import Split
from tests.benchmarks.rooms.rows import Row, row_of
from tests.benchmarks.rooms.store import FOLDER, path_of, timeline_of

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
CHUNK = 4  # rooms a task: enough to keep the pool of waveforms warm

JUDGED = 32  # rooms a task when they are judged
TELL_EVERY_S = 20.0

Task = tuple[Split, int]


class Told:
    """Says now and then, in plain lines, how far it is: rooms done, rate, time left."""

    def __init__(
        self, total: int, tell: Callable[[str], None], *, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._total, self._tell, self._now = total, tell, now
        self._begin = self._last = now()

    def update(self, done: int) -> None:
        """Take in how many rooms are done; say so, if it is time."""
        now = self._now()
        if now - self._last < TELL_EVERY_S and done < self._total:
            return
        self._last = now
        rate = done / max(now - self._begin, 1e-9)
        left_min = (self._total - done) / max(rate, 1e-9) / 60
        self._tell(f"rooms {done}/{self._total}, {60 * rate:.1f} a minute, {left_min:.1f} min left")


def fill(
    tasks: Sequence[Task], *, jobs: int, senses: Sequence[SensorName], until_s: float | None = None
) -> int:
    """Let every sense look at every room that is not in the store; return how many rooms are left."""
    for name in ONE_THREAD:
        os.environ.setdefault(name, "1")
    waiting = [t for t in tasks if not _done(draw_case(*t), senses)]
    chunks = [waiting[i : i + CHUNK] for i in range(0, len(waiting), CHUNK)]
    end = None if until_s is None else time.monotonic() + until_s
    left = len(waiting)
    with ProcessPoolExecutor(jobs) as pool:
        told = Told(left, partial(print, flush=True))
        for future in as_completed([pool.submit(_look, chunk, tuple(senses), end) for chunk in chunks]):
            left -= future.result()
            told.update(len(waiting) - left)
    return left


def _done(case: Case, senses: Sequence[SensorName], folder: Path = FOLDER) -> bool:
    return all(path_of(case, name, folder).is_file() for name in case.senses if name in senses)


def _look(tasks: list[Task], senses: tuple[SensorName, ...], end: float | None) -> int:
    done = 0
    for task in tasks:
        if end is not None and time.monotonic() > end:
            break
        case = draw_case(*task)
        for name in case.senses:
            if name in senses:
                timeline_of(case, name)
        done += 1
    return done


def rows(tasks: Sequence[Task], *, jobs: int, designed: bool = False) -> list[Row]:
    """Return the judged rooms that are in the store, in order; ``designed``: as if nothing was learned."""
    chunks = [list(tasks[i : i + JUDGED]) for i in range(0, len(tasks), JUDGED)]
    found: list[Row] = []
    told = Told(len(tasks), partial(print, "judging", flush=True))
    with ProcessPoolExecutor(jobs) as pool:
        for i, part in enumerate(pool.map(partial(_judge, designed=designed), chunks), start=1):
            found += part
            told.update(min(i * JUDGED, len(tasks)))
    return found


def _judge(tasks: list[Task], *, designed: bool = False) -> list[Row]:
    table = designed_likelihoods() if designed else packaged_likelihoods()
    found = []
    for task in tasks:
        case = draw_case(*task)
        if _done(case, SENSOR_NAMES):
            found.append(row_of(case, {n: timeline_of(case, n) for n in case.senses}, table=table))
    return found

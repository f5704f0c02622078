"""Calls drivers that may never return, each call with a deadline."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")

# How long a healthy driver is given to close before the program goes on without it.
PARTING_S = 0.5


class DriverThread:
    """A thread on which a driver is called, so that nobody who waits for the driver waits for ever.

    A call that overruns its deadline keeps the thread. `dismiss` then leaves it behind: whatever time the
    driver comes back, the thread runs the last job (which closes the device) and ends.
    """

    def __init__(self, name: str) -> None:
        self._jobs: SimpleQueue[tuple[Future[Any], Callable[[], Any], bool]] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def _work(self) -> None:
        last = False
        while not last:
            box, job, last = self._jobs.get()
            try:
                box.set_result(job())
            except BaseException as error:  # Scapy's Bluetooth errors are BaseExceptions
                box.set_exception(error)

    def call(self, job: Callable[[], T], *, timeout_s: float) -> T:
        """Run ``job`` on the thread of the driver and return its result.

        Parameters
        ----------
        job : callable
            The call into the driver.
        timeout_s : float
            Longest wait, in s.

        Returns
        -------
        T
            The result of ``job``.

        Raises
        ------
        TimeoutError
            The call did not return in time.
        """
        box: Future[T] = Future()
        self._jobs.put((box, job, False))
        return box.result(timeout_s)

    def dismiss(self, last: Callable[[], object]) -> None:
        """Run ``last`` as soon as the driver is free, then end the thread; waits `PARTING_S` at most."""
        box: Future[object] = Future()
        self._jobs.put((box, last, True))
        self._thread.join(PARTING_S)

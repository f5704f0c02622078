"""Turns Ctrl-C and SIGTERM into a request to end, so that what was found is still stored and said."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class _Handler:
    """A signal handler that notes the first request; the second one interrupts at once."""

    def __init__(self) -> None:
        self.asked = threading.Event()

    def __call__(self, _signal: int, _frame: FrameType | None) -> None:
        if self.asked.is_set():
            raise KeyboardInterrupt
        self.asked.set()


@contextmanager
def asked_to_stop() -> Iterator[threading.Event]:
    """Turn Ctrl-C, or the service manager's SIGTERM, into a request that a loop honours at its next turn.

    Inside another one it gives the same request: a command holds it until its result is stored and said, a
    run inside it only while it runs. A second signal interrupts at once. In a thread no signal arrives.

    Yields
    ------
    threading.Event
        Set when somebody asked.
    """
    if threading.current_thread() is not threading.main_thread():
        yield threading.Event()
        return
    outer = signal.getsignal(signal.SIGINT)
    if isinstance(outer, _Handler):
        yield outer.asked
        return
    handler = _Handler()
    before = {number: signal.signal(number, handler) for number in SIGNALS}
    try:
        yield handler.asked
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)


def interrupt_on_term() -> None:
    """Let SIGTERM end a command as Ctrl-C does, so that what it has open is closed."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)

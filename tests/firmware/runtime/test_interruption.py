"""The request to stop: real signals to this process, one inside another, and in a thread."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from firmware.runtime.interruption import SIGNALS, asked_to_stop, interrupt_on_term


@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_signal_asks_and_the_second_interrupts(number: signal.Signals) -> None:
    before = [signal.getsignal(n) for n in SIGNALS]
    with asked_to_stop() as asked:
        assert not asked.is_set()
        os.kill(os.getpid(), number)
        assert asked.wait(5)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
    assert [signal.getsignal(n) for n in SIGNALS] == before


def test_inside_another_one_it_is_the_same_request_and_ends_nothing() -> None:
    with asked_to_stop() as outer:
        with asked_to_stop() as inner:
            assert inner is outer
        os.kill(os.getpid(), signal.SIGINT)  # still noted: the run is over, its result is not yet stored
        assert outer.wait(5)
        with asked_to_stop() as later:
            assert later.is_set()


def test_in_a_thread_no_signal_arrives_and_no_handler_is_touched() -> None:
    before, given = signal.getsignal(signal.SIGINT), []

    def work() -> None:
        with asked_to_stop() as asked:
            given.append((asked.is_set(), signal.getsignal(signal.SIGINT) is before))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert given == [(False, True)]


def test_sigterm_ends_a_command_as_ctrl_c_does() -> None:
    before = signal.getsignal(signal.SIGTERM)
    try:
        interrupt_on_term()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)

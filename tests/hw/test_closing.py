"""A `with` block closes what it entered, also where it ends in an error, and hides no error."""

from __future__ import annotations

import pytest

from hw.closing import Closing


class Held(Closing):
    """Counts how often it was closed."""

    closed = 0

    def close(self) -> None:
        self.closed += 1


def test_a_block_gives_the_thing_itself_and_closes_it_once() -> None:
    held = Held()
    with held as given:
        assert given is held
        assert not held.closed
    assert held.closed == 1


def test_an_error_closes_it_too_and_goes_on() -> None:
    held = Held()
    with pytest.raises(KeyError), held:
        raise KeyError
    assert held.closed == 1


def test_what_holds_nothing_need_not_say_how_it_is_closed() -> None:
    with Closing() as given:
        assert isinstance(given, Closing)

"""Resolutions are read back as they were signed, and what cannot be verified does not count."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from firmware.records.resolutions import (
    Resolved,
    as_lines,
    came_of_alarm,
    from_lines,
    resolution_event,
    resolved_entries,
)
from firmware.records.store import RecordStore
from tests.firmware.records.test_store import filled

KEPT = {"level": "nothing_found", "alarm": {"level": "check", "resolution": ""}}
SAID = Resolved(record="r", resolution="harmless", reason="a lamp", utc_ns=1)


def test_harmless_needs_a_reason() -> None:
    with pytest.raises(ValueError, match="reason"):
        resolution_event("r", "harmless", "  ")


def test_lines_of_a_bundle_are_the_entries_again(tmp_path: Path) -> None:
    store: RecordStore = filled(tmp_path / "records", 1)
    store.note(resolution_event("room-0001", "found", "behind the vent"))
    pairs = store.resolutions("room-0001")
    again = from_lines(as_lines(entry for entry, _ in pairs))
    assert resolved_entries(again, store.public) == pairs
    assert resolved_entries(again, b"\0" * 32) == ()
    forged = replace(again[0], body=(again[0].body or b"").replace(b"found", b"never"))
    assert resolved_entries((forged,), store.public) == ()
    store.close()


@pytest.mark.parametrize(
    "part", [b"x", b"[]\n", b'{"header":"{}"}\n', b'{"header":1,"body":"","signature":""}']
)
def test_a_line_that_is_no_entry_is_an_error(part: bytes) -> None:
    with pytest.raises(ValueError, match="not an entry"):
        from_lines(part)


def test_what_came_of_an_alarm_is_the_last_thing_said() -> None:
    assert came_of_alarm({"level": "nothing_found", "alarm": None}, (SAID,)) == ""
    assert came_of_alarm("hostile", ()) == ""
    assert came_of_alarm(KEPT, ()) == "open"
    assert came_of_alarm({"level": "check"}, ()) == "open"
    assert came_of_alarm(KEPT, (SAID,)) == "harmless"
    assert came_of_alarm(KEPT, (SAID, replace(SAID, resolution="found"))) == "found"
    during = {"level": "check", "alarm": {"level": "check", "resolution": "unclear"}}
    assert came_of_alarm(during, ()) == "unclear"

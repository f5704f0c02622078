"""A hand-over is a signed entry: it says who, to whom and what for, and nobody adds one without the key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from firmware.records.custody.hash_chain import seal_entry
from firmware.records.custody.unit_key import UnitKey
from firmware.records.custody.wall_clock import MachineClock, stamp_after
from firmware.records.hand_overs import WORDS_MOST, HandOver, hand_over_entries, hand_over_event
from firmware.records.store import RecordStore
from firmware.settings.records_config import RecordsConfig
from tests.firmware.records.rooms import inspection

SAID = HandOver(
    record="room-0001", giver="Kim", receiver="Lee", reason="evidence", place="Hall", original=True
)


@pytest.mark.parametrize("gap", ["giver", "receiver", "reason"])
def test_who_to_whom_and_what_for_are_needed(gap: str) -> None:
    words: dict[str, Any] = {"giver": "Kim", "receiver": "Lee", "reason": "evidence", gap: " \x07 "}
    with pytest.raises(ValueError, match="who"):
        hand_over_event(HandOver(record="room-0001", **words))


def test_what_is_written_is_read_back_clean_and_short(tmp_path: Path) -> None:
    with RecordStore(tmp_path, config=RecordsConfig(free_least_bytes=0)) as store:
        store.append(inspection(store.key, "room-0001"))
        store.note(hand_over_event(SAID))
        store.note(
            hand_over_event(HandOver(record="room-0001", giver="a" * 999, receiver="b\nc", reason="d"))
        )
        store.note(hand_over_event(HandOver(record="another", giver="a", receiver="b", reason="c")))
        first, second = (one for _, one in store.hand_overs("room-0001"))
        assert store.verify().whole
    assert (first.giver, first.receiver, first.place, first.original) == ("Kim", "Lee", "Hall", True)
    assert first.utc_ns > 0
    assert (len(second.giver), second.receiver, second.original) == (WORDS_MOST, "b c", False)


@pytest.mark.parametrize(
    "body",
    [
        b'{"event":"handed-over"}',
        b'{"event":"handed-over","details":[],"record":"x"}',
        b'{"details":{"at":"","from":"","reason":"","to":"","what":"all"},"event":"handed-over","record":"x"}',
        b'[1,"event":"handed-over"',
    ],
)
def test_signed_nonsense_hands_nothing_over(body: bytes) -> None:
    key = UnitKey(bytes(32))
    stamp = stamp_after(MachineClock(), {})
    entry = seal_entry(
        key=key, seq=1, kind="event", name="handed-over-1", body=body, prev="0" * 64, stamp=stamp
    )
    assert hand_over_entries([entry], key.public) == ()


def test_another_key_counts_for_nothing() -> None:
    key, event = UnitKey(bytes(32)), hand_over_event(SAID)
    stamp = stamp_after(MachineClock(), {})
    entry = seal_entry(
        key=key, seq=1, kind="event", name=event.name(), body=event.body(), prev="0" * 64, stamp=stamp
    )
    assert len(hand_over_entries([entry], key.public)) == 1
    assert hand_over_entries([entry], UnitKey(bytes(31) + b"1").public) == ()
    assert hand_over_entries([entry], None) == ()

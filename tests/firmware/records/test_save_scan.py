"""Retention, jumping clocks, and being killed."""

from __future__ import annotations

from collections import deque
from pathlib import Path

import pytest

from firmware.records.custody.errors import NoSuchRecord, StoreFull
from firmware.records.custody.wall_clock import MachineClock, judge_clock
from firmware.records.retention import lived_ns
from firmware.records.store import RecordStore
from firmware.settings.records_config import MIB, RecordsConfig
from firmware.verdict.model import Level
from tests.benchmarks.records_kill import run
from tests.firmware.records.rooms import NOON_UTC_NS, SECOND_NS, FakeClock, inspection

DAY_S = 86_400
CONFIG = RecordsConfig(free_least_bytes=0, keep_days=30, keep_found_days=300)


def test_what_is_old_goes_and_a_tombstone_says_so(tmp_path: Path) -> None:
    clock = FakeClock()
    with RecordStore(tmp_path, config=CONFIG, clock=clock) as store:
        for n in range(3):
            store.append(inspection(store.key, f"old-{n}", level=Level.NOTHING_FOUND))
        store.append(inspection(store.key, "find-1", level=Level.CHECK))
        clock.go(31 * DAY_S)
        stone = store.apply_retention()
        assert stone is not None
        assert stone.body == b'{"kind":"tombstone","reasons":{"age":[[1,3]]},"removed":[[1,3]]}'
        assert [row.id for row in store.listed()] == ["find-1"]
        assert store.verify().whole
        assert store.verify().entries == 5
        with pytest.raises(NoSuchRecord, match="removed"):
            store.stored("old-1")
        assert store.apply_retention() is None
        clock.go(300 * DAY_S)
        assert store.apply_retention() is None
        assert [row.id for row in store.listed()] == ["find-1"]
        assert store.apply_retention(finds=True) is not None
        assert store.listed() == ()
        assert store.verify().whole


def test_removed_bytes_are_really_gone_with_their_attachments(tmp_path: Path) -> None:
    clock = FakeClock()
    with RecordStore(tmp_path, config=CONFIG, clock=clock) as store:
        mine = store.attachments.put(b"only mine", name="a.png", media_type="image/png")
        shared = store.attachments.put(b"shared", name="b.png", media_type="image/png")
        old = inspection(store.key, "old-1", level=Level.NOTHING_FOUND, attachments=(mine, shared))
        store.append(old)
        clock.go(20 * DAY_S)
        store.append(inspection(store.key, "new-1", level=Level.NOTHING_FOUND, attachments=(shared,)))
        clock.go(20 * DAY_S)
        secret = store.key.pseudonym("anything")
        assert secret
        store.apply_retention()
        files = {p.name for p in (tmp_path / "attachments").rglob("*") if p.is_file()}
        assert files == {shared.sha256}
        raw = b"".join(p.read_bytes() for p in tmp_path.glob("records.db*"))
        assert raw.count(mine.sha256.encode()) == 0
        assert store.verify().whole


def test_room_is_made_by_the_oldest_without_a_find_and_finds_stay(tmp_path: Path) -> None:
    config = RecordsConfig(free_least_bytes=0, most_bytes=MIB)
    with RecordStore(tmp_path, config=config, clock=FakeClock()) as store:
        store.append(inspection(store.key, "find-1", level=Level.CHECK))
        for n in range(12):
            picture = store.attachments.put(bytes([n]) * 200_000, name="p.png", media_type="image/png")
            record = inspection(store.key, f"room-{n:04d}", level=Level.NOTHING_FOUND, attachments=(picture,))
            store.append(record)
        listed = [row.id for row in store.listed()]
        assert listed[0] == "find-1"
        assert listed[-1] == "room-0011"
        assert 2 < len(listed) < 8
        assert store.attachments.size_bytes() < MIB
        assert store.verify().whole


def test_finds_alone_fill_the_store_and_that_is_said(tmp_path: Path) -> None:
    config = RecordsConfig(free_least_bytes=0, most_bytes=MIB)
    with RecordStore(tmp_path, config=config, clock=FakeClock()) as store:
        picture = store.attachments.put(b"x" * (MIB - 20_000), name="p.png", media_type="image/png")
        store.append(inspection(store.key, "find-1", attachments=(picture,)))
        records = [inspection(store.key, f"find-{n}") for n in range(2, 9)]
        with pytest.raises(StoreFull, match="limit"):
            deque(map(store.append, records), maxlen=0)
        assert store.listed()[0].id == "find-1"
        assert store.verify().whole


def test_the_number_of_entries_is_bounded(tmp_path: Path) -> None:
    config = RecordsConfig(free_least_bytes=0, most_entries=16)
    with RecordStore(tmp_path, config=config, clock=FakeClock()) as store:
        for n in range(15):
            store.append(inspection(store.key, f"room-{n:04d}"))
        with pytest.raises(StoreFull, match="15 entries"):
            store.append(inspection(store.key, "room-9999"))


def test_a_clock_that_nobody_vouches_for_makes_nothing_old(tmp_path: Path) -> None:
    clock = FakeClock(right=False)
    with RecordStore(tmp_path, config=CONFIG, clock=clock) as store:
        store.append(inspection(store.key, "old-1", level=Level.NOTHING_FOUND))
        clock.utc += 80 * 365 * DAY_S * SECOND_NS
        clock.name = "boot-2"
        store.append(inspection(store.key, "new-1", level=Level.NOTHING_FOUND))
        assert store.apply_retention() is None
        assert len(store.listed()) == 2
        assert store.apply_retention(clock_is_right=True) is not None


def test_a_clock_that_a_time_server_set_years_ahead_removes_nothing(tmp_path: Path) -> None:
    clock = FakeClock()
    with RecordStore(tmp_path, config=CONFIG, clock=clock) as store:
        store.append(inspection(store.key, "old-1", level=Level.NOTHING_FOUND))
        store.append(inspection(store.key, "find-1", level=Level.CHECK))
        for n in range(4):
            clock.utc += 4 * 365 * DAY_S * SECOND_NS
            store.append(inspection(store.key, f"jump-{n}", level=Level.NOTHING_FOUND))
            clock.go(1)
        clock.name, clock.up = "boot-2", SECOND_NS
        store.append(inspection(store.key, "again-1", level=Level.NOTHING_FOUND))
        assert {"old-1", "find-1"} <= {row.id for row in store.listed()}
        assert store.verify().whole


def test_lived_time_is_what_nobody_can_set() -> None:
    day_ns = 86_400 * SECOND_NS
    headers = [
        {"seq": 1, "utc_ns": NOON_UTC_NS, "up_ns": 0, "boot": "a"},
        {"seq": 2, "utc_ns": NOON_UTC_NS + 999 * day_ns, "up_ns": day_ns, "boot": "a"},
        {"seq": 3, "utc_ns": NOON_UTC_NS + 1001 * day_ns, "up_ns": 0, "boot": "b"},
        {"seq": 4, "utc_ns": NOON_UTC_NS + 9000 * day_ns, "up_ns": 0, "boot": "c"},
        {"seq": 5, "utc_ns": NOON_UTC_NS, "up_ns": 0, "boot": "d"},
    ]
    days = [row["lived_ns"] // day_ns for row in lived_ns(headers).values()]
    assert days == [0, 1, 3, 33, 33]


def test_jumps_of_the_clock_are_flagged_and_the_order_stays(tmp_path: Path) -> None:
    clock = FakeClock()
    words = []
    with RecordStore(tmp_path, config=CONFIG, clock=clock) as store:
        jumps_s = (0, -3600, 7200, 0, -60 * 365 * DAY_S)
        for n, jump_s in enumerate(jumps_s):
            clock.go(10)
            clock.utc += jump_s * SECOND_NS
            entry = store.append(inspection(store.key, f"room-{n:04d}"))
            words.append(entry.fields()["clock"])
            assert entry.row == n + 1
        assert store.verify().whole
    assert words == ["steady", "back", "ahead", "steady", "unset"]


def test_across_a_restart_only_a_step_back_can_be_seen() -> None:
    last = {"utc_ns": NOON_UTC_NS, "up_ns": 5000 * SECOND_NS, "boot": "a"}
    hour_ns = 3600 * SECOND_NS
    later = {"up_ns": 10 * SECOND_NS, "boot": "b", "last": last}
    assert judge_clock(utc_ns=NOON_UTC_NS + hour_ns, **later) == "steady"
    assert judge_clock(utc_ns=NOON_UTC_NS - hour_ns, **later) == "back"
    assert judge_clock(utc_ns=0, **later) == "unset"


def test_the_machines_clock_goes_on() -> None:
    clock = MachineClock()
    assert clock.up_ns() <= clock.up_ns()
    assert clock.utc_ns() > 0
    assert clock.boot() == clock.boot()
    assert clock.trusted() in {True, False}


@pytest.mark.slow
def test_killed_at_any_instant_nothing_committed_is_lost(tmp_path: Path) -> None:
    """The short form of ``python -m tests.benchmarks.records_kill --kills 500``."""
    tally = run(25, 3, tmp_path, fresh_every=13)
    assert tally.kills == 25
    assert tally.committed > 10
    assert (tally.lost, tally.broken) == (0, 0)

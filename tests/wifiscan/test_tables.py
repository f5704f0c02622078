"""Bounded tables: what makes room for what, and how much memory there is."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.benchmarks.wifi_hostile import CAMERA, run
from tests.wifiscan.stand_ins import stations
from wifiscan.keyed_table import NO_ROW, KeyedRows
from wifiscan.links import EVENT_LIMIT, HeardClock, Link, LinkTable


def keys(*values: int):
    return np.array(values, np.uint64)


def test_rows_are_found_again():
    rows = KeyedRows(4, {"n": np.int64})
    assert rows.add(keys(9, 3), np.ones(2), np.zeros(4)).all()
    rows.columns["n"][rows.find(keys(3, 9))] = (30, 90)
    assert rows.find(keys(5))[0] == NO_ROW
    assert rows.columns["n"][rows.find(keys(9))[0]] == 90


def test_the_least_worthy_makes_room_and_a_worthier_one_never_does():
    rows = KeyedRows(2, {"n": np.int64})
    rows.add(keys(1, 2), np.ones(2), np.zeros(2))
    standing = np.zeros(2)
    standing[rows.find(keys(1, 2))] = (5.0, 1.0)
    assert rows.add(keys(3), np.array([2.0]), standing).all()
    assert rows.find(keys(2))[0] == NO_ROW
    standing[rows.find(keys(3))] = 9.0
    assert not rows.add(keys(4), np.array([2.0]), standing).any()
    assert rows.forgotten == 2


def test_a_row_that_is_used_again_starts_from_nothing():
    rows = KeyedRows(1, {"n": np.int64})
    rows.add(keys(1), np.ones(1), np.zeros(1))
    rows.columns["n"][:] = 77
    rows.add(keys(2), np.ones(1), np.zeros(1))
    assert rows.columns["n"][rows.find(keys(2))[0]] == 0


@settings(max_examples=60, deadline=None)
@given(
    rounds=st.lists(st.sets(st.integers(1, 60), min_size=1, max_size=30), max_size=8), seed=st.integers(0, 99)
)
def test_the_table_stays_consistent_under_any_flood(rounds, seed):
    rng = np.random.default_rng(seed)
    rows = KeyedRows(10, {"n": np.int64})
    for batch in rounds:
        values = np.array(sorted(batch), np.uint64)
        new = values[rows.find(values) == NO_ROW]
        got = rows.add(new, rng.random(len(new)), rng.random(10))
        assert (rows.find(new[got]) != NO_ROW).all()
        assert len(rows) <= 10
        used = rows.rows()
        assert len(set(used.tolist())) == len(used)
        assert (rows.find(rows.keys[used]) == used).all()


def test_a_link_keeps_the_newest_packets_in_bounded_memory():
    link = Link(ta=1, ra=2, channel=0)
    for start in range(0, 100_000, 1000):
        grown = link.append(np.arange(start, start + 1000), np.full(1000, 9), room=10**9)
        link.packets += 1000
        assert grown >= 0
    assert len(link.t_us) == EVENT_LIMIT
    kept = link.t_us[: link.count]
    assert kept[-1] == 99_999
    assert (np.diff(kept) == 1).all()
    assert link.count >= EVENT_LIMIT // 2


def test_a_link_without_room_to_grow_still_keeps_the_newest():
    link = Link(ta=1, ra=2, channel=0)
    for start in range(0, 1000, 50):
        assert link.append(np.arange(start, start + 50), np.full(50, 9), room=0) == 0
    assert link.t_us[: link.count].tolist()[-1] == 999


def test_forgotten_packets_shorten_the_window_they_do_not_thin_it():
    link = Link(ta=1, ra=2, channel=0)
    for start in range(0, 40_000, 1000):
        link.append(np.arange(start, start + 1000) * 1000, np.full(1000, 100), room=10**9)
        link.packets += 1000
        link.bytes += 100_000
    traffic = link.traffic(now_us=40_000_000, window_us=60_000_000, back=None)
    assert traffic.size_bytes.sum() * 8e6 / traffic.span_us == 800_000


def test_links_are_bounded_and_a_judged_one_stays():
    table = LinkTable(4)
    for n in range(4):
        table.add(n, 99, channel=0, t_us=np.arange(3), size=np.full(3, 100), own_bytes=300)
    first = table.get(0, 99, 0)
    assert first is not None
    first.logit = 3.0
    for n in range(10, 60):
        table.add(n, 99, channel=0, t_us=np.arange(5), size=np.full(5, 100), own_bytes=500)
    assert len(table) == 4
    assert table.get(0, 99, 0) is first
    assert table.forgotten > 0


def test_heard_time_is_that_of_each_channel():
    clock = HeardClock()
    clock.add(2412, 250)
    clock.add(2437, 100)
    clock.add(2412, 50)
    assert clock.channels() == {2412: 300, 2437: 100}


def test_hostile_air_is_bounded_and_the_camera_is_still_found():
    scanner, _ = run(access_points=6000, addresses=40_000, seconds=12)
    camera = stations(scanner)[CAMERA]
    assert camera.activity == "camera-stream"
    tables = scanner._tables
    assert len(tables.stations) == tables.config.stations
    assert len(tables.access_points) <= tables.config.access_points
    assert len(tables.named_aps) <= tables.config.access_points
    assert len(tables.named_stations) <= tables.config.stations
    assert len(tables.flows.links) <= tables.config.links
    assert len(tables.flows.best) <= tables.config.links
    assert scanner.counts().dropped["table_full"] > 0

"""Kismet databases: their packets come as those of a pcap would."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from hw.errors import BadRecording
from hw.formats.capture import CaptureReader
from hw.replay.session import find_parts

T0 = 1_700_000_000


def database(path: Path, rows: list[tuple[object, object, object, object]]) -> Path:
    with sqlite3.connect(path) as file:
        file.execute("CREATE TABLE packets (ts_sec INT, ts_usec INT, phyname TEXT, dlt INT, packet BLOB)")
        insert = "INSERT INTO packets (ts_sec, ts_usec, dlt, packet) VALUES (?, ?, ?, ?)"
        file.executemany(insert, rows)
    file.close()
    return path


def test_packets_come_with_times_and_link_types(tmp_path: Path) -> None:
    rows = [(T0 + n, 500, 127 if n % 3 else 256, bytes([n]) * (30 + n)) for n in range(9)]
    path = database(tmp_path / "walk.kismet", [*rows, (T0, 0, 127, None)])
    with CaptureReader(path) as reader:
        batches = list(reader)
        assert reader.link_types == {127, 256}
        assert not reader.dropped
    found = [
        (int(t), b.link_type, bytes(b.buffer[s : s + n]))
        for b in batches
        for t, s, n in zip(b.times_ns.tolist(), b.starts.tolist(), b.lengths.tolist(), strict=True)
    ]
    assert found == [(n * 10**9, dlt, packet) for n, (_, _, dlt, packet) in enumerate(rows)]
    assert find_parts(str(tmp_path)).monitor == find_parts(str(path)).ble == (path,)


def test_what_is_no_packet_is_counted(tmp_path: Path) -> None:
    path = database(tmp_path / "a", [(T0, 0, 127, b"x" * 40), ("soon", 0, 127, b"y"), (T0, 0, 127, "text")])
    with CaptureReader(path) as reader:
        assert sum(len(batch) for batch in reader) == 1
        assert reader.dropped == {"bad_block": 1, "absurd_length": 1}


def test_a_database_of_something_else_and_a_damaged_one_are_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.kismet"
    with sqlite3.connect(other) as file:
        file.execute("CREATE TABLE songs (name TEXT)")
    file.close()
    with pytest.raises(BadRecording, match="without Kismet's packets"):
        find_parts(str(other))
    damaged = tmp_path / "damaged.kismet"
    damaged.write_bytes(b"SQLite format 3\0" + b"\xff" * 4000)
    with pytest.raises(BadRecording, match="database"):
        find_parts(str(damaged))
    empty = database(tmp_path / "empty.kismet", [])
    with pytest.raises(BadRecording, match="no packets"):
        find_parts(str(empty))

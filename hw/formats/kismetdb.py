"""Reads the packets of a Kismet database (``.kismet``, SQLite) as columns.

References
----------
Kismet documentation, "Kismetdb log format", table ``packets``.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np

from hw.errors import BadRecording
from hw.formats.pcap import BILLION, LONGEST_RECORD_BYTES, Columns

SQLITE_MAGIC = b"SQLite format 3\0"
ROWS_AT_ONCE = 4096
QUERY = "SELECT ts_sec, ts_usec, dlt, packet FROM packets WHERE packet IS NOT NULL"
LINKS = "SELECT DISTINCT dlt FROM packets WHERE packet IS NOT NULL LIMIT 64"


class KismetPackets:
    """Reads packets in the order in which Kismet stored them; ``dropped`` counts those that are none."""

    format: Literal["kismet"] = "kismet"

    def __init__(self, path: Path) -> None:
        self.dropped: Counter[str] = Counter()
        self._path = path
        self._database = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
        self.link_types = {dlt for (dlt,) in self._rows(LINKS) if isinstance(dlt, int) and dlt >= 0}

    def _rows(self, query: str) -> Iterator[tuple[object, ...]]:
        try:
            cursor = self._database.execute(query)
            while rows := cursor.fetchmany(ROWS_AT_ONCE):
                yield from rows
        except sqlite3.OperationalError as error:
            raise BadRecording(
                f"{self._path.name} is a database without Kismet's packets ({error})",
                hint="Give the .kismet file that Kismet itself wrote.",
            ) from error
        except sqlite3.DatabaseError as error:
            raise BadRecording(
                f"{self._path.name} is a damaged database ({error})",
                hint="Rescue it first: sqlite3 FILE .recover | sqlite3 RESCUED.kismet",
            ) from error

    def runs(self) -> Iterator[tuple[bytes, Columns]]:
        """Give buffers with the columns of their packets."""
        rows: list[tuple[int, int, int, bytes]] = []
        for row in self._rows(QUERY):
            seconds, micros, dlt, packet = row
            if not (isinstance(seconds, int) and isinstance(micros, int) and isinstance(dlt, int)):
                self.dropped["bad_block"] += 1
            elif not isinstance(packet, bytes) or len(packet) > LONGEST_RECORD_BYTES:
                self.dropped["absurd_length"] += 1
            else:
                rows.append((min(abs(seconds), 1 << 33), micros % 1_000_000, dlt, packet))
            if len(rows) >= ROWS_AT_ONCE:
                yield _columns(rows)
                rows = []
        if rows:
            yield _columns(rows)

    def close(self) -> None:
        """Close the database; may be called twice."""
        self._database.close()


def _columns(rows: list[tuple[int, int, int, bytes]]) -> tuple[bytes, Columns]:
    lengths = np.array([len(packet) for *_, packet in rows], np.int64)
    columns = Columns(
        starts=np.cumsum(lengths) - lengths,
        lengths=lengths,
        wire_lengths=lengths,
        stamps_ns=np.array([s * BILLION + u * 1000 for s, u, *_ in rows], np.int64),
        links=np.array([dlt for _, _, dlt, _ in rows], np.int64),
        flags=np.zeros(len(rows), np.int64),
    )
    return b"".join(packet for *_, packet in rows), columns

"""Reads and writes JSON lines beside a recording; what is read is not trusted."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hw.errors import BadRecording

LONGEST_LINE_BYTES = 1 << 20
LONGEST_SESSION_NS = (
    48 * 3600 * 10**9
)  # a recording that says it lasted longer is damaged, or made to cost time
MOST_LINES = 5_000_000  # a day of reads at fifty a second


def read_lines(path: Path, dropped: Counter[str]) -> Iterator[dict[str, Any]]:
    """Give the objects of a file in order; what is no JSON object is counted as ``bad_line``."""
    try:
        with path.open("rb") as file:
            for _ in range(MOST_LINES):
                line = file.readline(LONGEST_LINE_BYTES)
                if not line:
                    return
                entry = _parse(line)
                if entry is None:
                    dropped["bad_line"] += 1
                else:
                    yield entry
    except OSError as error:
        raise BadRecording(f"{path.name} cannot be read: {error.strerror}") from error


def _parse(line: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return entry if isinstance(entry, dict) else None


def format_line(entry: Mapping[str, object]) -> bytes:
    """Return one object as a line."""
    return json.dumps(entry, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"


def whole(entry: Mapping[str, Any], key: str, *, least: int = 0, most: int = 1 << 62) -> int | None:
    """Return a whole number of an entry, None where it is absent, no number or out of range."""
    value = entry.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        return None
    return value


def tallies(entry: Mapping[str, Any], key: str) -> dict[str, int]:
    """Return a mapping of reasons to counts, without what is none."""
    value = entry.get(key)
    if not isinstance(value, dict):
        return {}
    return {str(k): v for k, v in value.items() if isinstance(v, int) and not isinstance(v, bool)}

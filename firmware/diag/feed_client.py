"""The client of the feed: connects, reads lines, and trusts none of them.

A `Moment` is what the technician's view shows. It is read from JSON that any program might have written, so
every field has a fallback, every list a limit, and every text is made visible before it is shown.
"""

from __future__ import annotations

import json
import math
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from firmware.diag.feed_encoder import VERSION
from firmware.errors import FeedTrouble
from firmware.i18n.escape import visible

SOCKET = Path("/run/ansim/feed.sock")  # as in the service's unit file
LINE_BYTES_MOST = 256_000
ROWS_MOST = 64
CHUNK_BYTES = 65_536
WAIT_S = 2.0  # for one line; five a second are sent


@dataclass(frozen=True, slots=True)
class Row:
    """One JSON object, read with fallbacks."""

    fields: Mapping[str, Any]

    def text(self, name: str, *, limit: int = 48) -> str:
        """Return a text that cannot steer a terminal; empty where there is none."""
        value = self.fields.get(name)
        return visible(value, limit=limit) if isinstance(value, str) else ""

    def number(self, name: str) -> float | None:
        """Return a finite number.

        Parameters
        ----------
        name : str
            Name of the field.

        Returns
        -------
        float or None
            None where there is no such field or it is no finite number.
        """
        value = self.fields.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        try:
            number = float(value)
        except OverflowError:
            return None
        return number if math.isfinite(number) else None

    def count(self, name: str) -> int:
        """Return a count; 0 where there is none."""
        return int(max(0.0, self.number(name) or 0.0))

    def row(self, name: str) -> Row:
        """Return the object of that name; an empty one where there is none."""
        value = self.fields.get(name)
        return Row(value if isinstance(value, Mapping) else {})

    def rows(self, name: str) -> tuple[Row, ...]:
        """Return the list of objects of that name, as far as there is room."""
        value = self.fields.get(name)
        listed = value[:ROWS_MOST] if isinstance(value, list) else []
        return tuple(Row(item) for item in listed if isinstance(item, Mapping))

    def numbers(self) -> dict[str, int]:
        """Return the fields that are counts, by name."""
        names = [str(name) for name in list(self.fields)[:ROWS_MOST]]
        return {visible(name, limit=24): self.count(name) for name in names if self.count(name)}

    def total(self) -> int:
        """Return the sum of the fields that are counts."""
        return sum(self.numbers().values())


def parse_line(line: bytes) -> Row:
    """Return the moment that a line of the feed describes.

    Raises
    ------
    FeedTrouble
        It is no line of a feed, or of a version that this program does not know.
    """
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise FeedTrouble(
            "What comes over the socket is no feed", hint="Is it ansim that serves it?"
        ) from error
    if not isinstance(fields, dict) or fields.get("type") != "feed":
        raise FeedTrouble("What comes over the socket is no feed", hint="Is it ansim that serves it?")
    if fields.get("version") != VERSION:
        raise FeedTrouble(
            f"The feed speaks version {str(fields.get('version'))[:8]!r}, this program {VERSION}",
            hint="Use the ansim that the service runs, or restart the service after the upgrade.",
        )
    return Row(fields)


def read_lines(path: Path, *, wait_s: float = WAIT_S) -> Iterator[bytes]:
    """Yield lines from a running unit until it ends the feed. Only reads; sends nothing.

    Parameters
    ----------
    path : Path
        The feed's socket.
    wait_s : float
        Longest time between two lines, in s.

    Yields
    ------
    bytes
        One line without its end.

    Raises
    ------
    FeedTrouble
        Nobody serves there, this user may not connect, the line is too long, or nothing came within
        ``wait_s``.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
        link.settimeout(wait_s)
        _connect(link, path)
        waiting = bytearray()
        while True:
            try:
                chunk = link.recv(CHUNK_BYTES)
            except TimeoutError as error:
                raise FeedTrouble("The unit says nothing", hint="systemctl status ansim") from error
            except OSError as error:
                raise FeedTrouble(f"The feed broke off: {error}", hint="systemctl status ansim") from error
            if not chunk:
                return
            waiting += chunk
            *lines, rest = waiting.split(b"\n")
            if len(rest) > LINE_BYTES_MOST:
                raise FeedTrouble("A line of the feed has no end", hint="Is it ansim that serves it?")
            waiting = bytearray(rest)
            yield from map(bytes, lines)


def _connect(link: socket.socket, path: Path) -> None:
    try:
        link.connect(str(path))
    except PermissionError as error:
        hint = "Add yourself to the group of the socket: sudo usermod -aG ansim $USER, then log in again."
        raise FeedTrouble(f"This user may not watch {path}", hint=hint) from error
    except OSError as error:
        hint = "Start it: sudo systemctl start ansim. Another socket is named with --socket PATH."
        raise FeedTrouble(f"No running unit at {path}", hint=hint) from error

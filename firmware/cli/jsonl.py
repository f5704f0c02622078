"""Encodes observations, counts and verdict as JSON lines with stable field names."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from firmware.sensor import Observation
from firmware.verdict.model import Verdict
from firmware.verdict.whereabouts import Whereabouts
from hw.types import Counts

SIGNIFICANT_DIGITS = 9  # of every float: more than any measurement here holds, the same on every machine


def lines(
    observations: Iterable[Observation],
    counts: Sequence[Counts],
    verdict: Verdict,
    whereabouts: Sequence[Whereabouts] = (),
    *,
    interrupted: bool = False,
) -> Iterator[str]:
    """Yield the lines of one finished scan: things, counts a sensor, and last the verdict.

    The line of a verdict with an alarm says where its findings are, or were last. That of a run that was
    ended before its time says so.
    """
    things: Iterable[Observation | Counts] = (*observations, *counts)
    for thing in things:
        yield encode(thing.as_json())
    where = {"whereabouts": [w.as_json() for w in whereabouts]} if whereabouts else {}
    ended = {"interrupted": True} if interrupted else {}
    yield encode(verdict.as_json() | where | ended)


def encode(record: Mapping[str, Any]) -> str:
    """Return one line: ASCII only, so that no name from the air can steer a terminal."""
    return json.dumps(_plain(record), ensure_ascii=True, allow_nan=False, separators=(",", ":"))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, bool | str | int) or value is None:
        return value
    number = float(value)
    if not math.isfinite(number):
        return None
    return float(f"{number:.{SIGNIFICANT_DIGITS}g}")

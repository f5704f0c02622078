"""Devices that give a list of planted things and then end; an error in the list is raised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, Self

import numpy as np

from hw.errors import EndOfRecording
from hw.protocols import Clock
from hw.types import DeviceHealth, DeviceInfo

STEP_NS = 7_000_000


class Planted:
    """Any role: every call that gives something gives the next item."""

    rate_hz = 2.4e6
    tunable = True

    def __init__(self, role: str, items: Sequence[Any], clock: Clock) -> None:
        self._role, self._items, self._clock = role, list(items), clock
        self.closed = 0

    def info(self) -> DeviceInfo:
        return DeviceInfo(role=self._role, backend="sim", name='planted "quoted" \u03a9', detail="\x7f")

    def health(self) -> DeviceHealth:
        return DeviceHealth(ok=True)

    def close(self) -> None:
        self.closed += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def tune(self, *, center_hz: float, gain_db: float | None = None) -> None: ...
    def set_channel(self, *, center_hz: float) -> None: ...
    def configure(self, settings: object) -> None: ...
    def set(self, state: str) -> None: ...

    def channels_hz(self) -> tuple[float, ...]:
        return (2412e6, 2437e6, 5180e6)

    def generations(self) -> dict[str, int]:
        return {"2.4 GHz": 6, "5 GHz": 5}

    def states(self) -> tuple[str, ...]:
        return ("off", "ring")

    def read(self, **asked: object) -> Any:
        if not self._items:
            raise EndOfRecording("over")
        item = self._items.pop(0)
        if isinstance(item, Exception):
            raise item
        self._clock.sleep_until(getattr(item, "until_ns", self._clock.now_ns() + STEP_NS))
        return item

    def poll(self) -> Sequence[Any]:
        return self._items.pop(0) if self._items else ()


def flat(item: Any) -> Any:
    """What must be equal of two blocks, batches or frames, as plain values."""
    if isinstance(item, Exception):
        return (type(item).__name__, str(item))
    values = {f.name: getattr(item, f.name) for f in fields(item)}
    if "buffer" in values:
        buffer, starts = bytes(values.pop("buffer")), values.pop("starts")
        values["frames"] = [buffer[s : s + n] for s, n in zip(starts, values["lengths"], strict=True)]
    for name, value in values.items():
        if isinstance(value, np.ndarray):
            values[name] = (str(value.dtype), value.shape, value.tobytes())
        elif hasattr(value, "items"):
            values[name] = dict(value)
    return values

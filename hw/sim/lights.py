"""The lights of the simulated camera: what was commanded, and how long each row of a picture saw of it."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hw.closing import Closing
from hw.protocols import Clock
from hw.types import DeviceHealth, DeviceInfo, LedState

Lit = Literal["ring", "side", "red", "side2"]
LIT: tuple[Lit, ...] = ("ring", "side", "red", "side2")
LED_LATENCY_S = 0.002


class SimLeds(Closing):
    """The lights; they remember when they were switched. A second side group is where its offset is given."""

    def __init__(self, *, clock: Clock, side2_offset_m: float | None = None) -> None:
        self._clock, self.side2_offset_m = clock, side2_offset_m
        self._edges: list[tuple[int, LedState]] = [(-(10**12), "off")]

    def states(self) -> tuple[LedState, ...]:
        """Return the states of the lights."""
        second: tuple[LedState, ...] = () if self.side2_offset_m is None else ("side2",)
        return ("off", "ring", "side", "red", *second)

    def set(self, state: LedState) -> None:
        """Switch; the light follows after its latency."""
        self._edges.append((self._clock.now_ns() + round(LED_LATENCY_S * 1e9), state))
        del self._edges[:-8]

    def lit_shares(self, start_s: NDArray[np.floating], exposure_s: float) -> dict[Lit, NDArray[np.float32]]:
        """Return for each light which share of every row's exposure it was on, shape (rows,)."""
        shares: dict[Lit, NDArray[np.float32]] = {state: np.zeros(len(start_s), np.float32) for state in LIT}
        for i, (edge_ns, state) in enumerate(self._edges):
            if state == "off":
                continue
            begin = edge_ns * 1e-9
            end = self._edges[i + 1][0] * 1e-9 if i + 1 < len(self._edges) else math.inf
            overlap = np.minimum(start_s + exposure_s, end) - np.maximum(start_s, begin)
            shares[state] += np.clip(overlap / exposure_s, 0.0, 1.0).astype(np.float32)
        return shares

    def info(self) -> DeviceInfo:
        """Return the name of the simulated lights."""
        return DeviceInfo(role="leds", backend="sim", name="simulated lights")

    def health(self) -> DeviceHealth:
        """Return a health without trouble."""
        return DeviceHealth(ok=True)

    def close(self) -> None:
        """Switch off."""
        self.set("off")

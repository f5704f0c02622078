"""The lights never shine longer or stronger than is harmless to an eye that looks into them.

Limits after IEC 62471 (exempt group, near infrared): 1 W/sr on average, 4 W/sr at any time. They are enforced
here in software, whatever the code above asks for; the hardware's own current limit and watchdog come on top.
This is a design measure, not a certificate.
"""

from __future__ import annotations

from collections import Counter, deque
from typing import Self

from hw.errors import DeviceLost
from hw.protocols import Clock, Leds
from hw.types import DeviceHealth, DeviceInfo, LedState
from lensdetect.config import LightConfig
from lensdetect.errors import UnsafeLight

AVERAGE_LIMIT_W_SR = 1.0  # IEC 62471 exempt group as planned for; see the module docstring
PEAK_LIMIT_W_SR = 4.0


class SafeLeds:
    """Lights behind a budget: what would break it is switched off instead, and counted.

    Raises
    ------
    UnsafeLight
        The configured lights are stronger than `PEAK_LIMIT_W_SR`: they are never switched on.
    """

    def __init__(self, *, leds: Leds, clock: Clock, config: LightConfig) -> None:
        self._leds, self._clock, self._config = leds, clock, config
        self._intensity_w_sr: dict[LedState, float] = {
            "off": 0.0,
            "ring": config.ring_w_sr,
            "side": config.side_w_sr,
            "red": config.red_w_sr,
        }
        strongest = max(self._intensity_w_sr.values())
        if strongest > PEAK_LIMIT_W_SR:
            raise UnsafeLight(
                f"A light of {strongest:g} W/sr is over the limit of {PEAK_LIMIT_W_SR:g} W/sr",
                reason="over_peak",
                hint="Lower its current and its figure in the settings.",
            )
        self._spans: deque[tuple[int, int, LedState]] = deque()  # from, until, what was lit
        self._state: LedState = "off"
        self._since_ns = self._lit_since_ns = clock.now_ns()
        self.refused: Counter[str] = Counter()
        self._closed = False

    def states(self) -> tuple[LedState, ...]:
        """Return what can be lit."""
        return self._leds.states()

    @property
    def state(self) -> LedState:
        """Return what is lit now."""
        return self._state

    def set(self, state: LedState) -> None:
        """Switch, unless that would break the budget: then the lights go off."""
        now = self._clock.now_ns()
        reason = self._objection(state, now) if state != "off" else None
        if reason is not None:
            self.refused[reason] += 1
            state = "off"
        self._switch(state, now)

    def tick(self) -> None:
        """Look at the clock: lights that were on for too long go off. To be called with every picture."""
        now = self._clock.now_ns()
        if self._state != "off" and self._objection(self._state, now) is not None:
            self.refused["on_too_long"] += 1
            self._switch("off", now)

    def average_w_sr(self, now_ns: int) -> float:
        """Return the mean radiant intensity over the window that ends now."""
        window_ns = round(self._config.window_s * 1e9)
        start = now_ns - window_ns
        spans = [*self._spans, (self._since_ns, now_ns, self._state)]
        spent = sum(
            max(0, min(until, now_ns) - max(begin, start)) * self._intensity_w_sr[state]
            for begin, until, state in spans
        )
        return spent / window_ns

    def lit_share(self, now_ns: int) -> float:
        """Return the share of the window in which any light was on."""
        window_ns = round(self._config.window_s * 1e9)
        start = now_ns - window_ns
        spans = [*self._spans, (self._since_ns, now_ns, self._state)]
        lit = sum(max(0, until - max(begin, start)) for begin, until, state in spans if state != "off")
        return lit / window_ns

    def _objection(self, state: LedState, now_ns: int) -> str | None:
        if self._intensity_w_sr[state] == 0.0:
            return None
        lit_s = (now_ns - self._lit_since_ns) * 1e-9 if self._state != "off" else 0.0
        if lit_s > self._config.max_on_s:
            return "on_too_long"
        if self.average_w_sr(now_ns) > AVERAGE_LIMIT_W_SR:
            return "over_budget"
        if self.lit_share(now_ns) > self._config.max_duty:
            return "over_duty"
        return None

    def _switch(self, state: LedState, now_ns: int) -> None:
        self._spans.append((self._since_ns, now_ns, self._state))
        oldest = now_ns - round(self._config.window_s * 1e9)
        while self._spans and (self._spans[0][1] < oldest or len(self._spans) > MAX_SPANS):
            self._spans.popleft()
        if self._state == "off" and state != "off":
            self._lit_since_ns = now_ns
        self._state, self._since_ns = state, now_ns
        self._leds.set(state)

    def info(self) -> DeviceInfo:
        """Say what the lights are."""
        return self._leds.info()

    def health(self) -> DeviceHealth:
        """Return the lights' own health."""
        return self._leds.health()

    def close(self) -> None:
        """Switch off, whatever happens, and let go; may be called twice."""
        if self._closed:
            return
        self._closed = True
        try:
            self._switch("off", self._clock.now_ns())
        except DeviceLost as lost:
            self.refused[lost.reason.value] += 1
        finally:
            self._leds.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


MAX_SPANS = 4096  # switches remembered; far more than a strobe makes in a window

"""Bounds the light dose: no light shines longer or stronger than is harmless to an eye that looks into it.

This is the only guard there is. Every kit hands its lights out behind it, so that no command can light them
unguarded. What would break a limit is switched off instead, counted by reason, and told by `SafeLeds.health`.
The limit that holds without any software are the resistors of the LEDs: see hw/ASSEMBLY.md. This is a design
measure, not a certificate.

Notes
-----
The limits follow from IEC 62471, exempt group, at its distance of 0.2 m, for near infrared:

* Cornea and lens (thermal, averaged over 1000 s): E ≤ 100 W/m², so I = E·r² ≤ 4 W/sr (`CORNEA_W_SR`).
* Retina (thermal, weak visual stimulus, beyond 10 s): L ≤ 6000/α W/(m²·sr). The smallest image that the
  moving eye makes is α = 11 mrad, so I = L·π/4·(α·r)² ≤ 2.07 W/sr (`RETINA_W_SR`). A larger source may have
  more: the smallest is the worst.
* Retina, one pulse of t ≤ 10 s: L ≤ 50000/(α·t^¼), so I ≤ 9.7 W/sr even for 10 s: the peak limit covers it.

`AVERAGE_LIMIT_W_SR` is half of the smaller of the two, over a window far shorter than they allow;
`PEAK_LIMIT_W_SR` is the cornea's figure with no averaging at all. The LEDs themselves stay cool by their
resistors, at any duty cycle: their own heat limits nothing here.

References
----------
IEC 62471:2006, 4.3.6 to 4.3.8 and 6.1 (exempt group).
"""

from __future__ import annotations

import math
import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from hw.closing import Closing
from hw.config import LightConfig
from hw.errors import DeviceLost, HwError, Reason
from hw.kit import reopen
from hw.protocols import Clock, Leds, TellsSwitches
from hw.types import DeviceHealth, DeviceInfo, LedState, LightSwitch

EYE_AT_M = 0.2  # IEC 62471, 5.2: where the exempt group is judged
# IEC 62471, 4.2: what eye movement spreads any point over beyond 10 s.
SMALLEST_IMAGE_RAD = 0.011
CORNEA_W_SR = 100.0 * EYE_AT_M**2
RETINA_W_SR = 6000.0 / SMALLEST_IMAGE_RAD * math.pi / 4 * (SMALLEST_IMAGE_RAD * EYE_AT_M) ** 2
AVERAGE_LIMIT_W_SR = 1.0
PEAK_LIMIT_W_SR = 4.0
MAX_SPANS = 4096  # switches remembered; far more than a strobe makes in a window
SHORTEST_WAIT_S = 0.005
KEPT_SWITCHES = 256  # between two looks of the sensor; a strobe makes one
# Prefix of a refusal's reason among the numbers of the lights' health.
REFUSED = "refused."


class UnsafeLight(HwError, ValueError):
    """The configured lights are stronger than an eye may look into; they are never switched on."""

    reason = Reason.LIGHTS_REST


def intensities_w_sr(config: LightConfig) -> Mapping[LedState, float]:
    """Return the radiant intensity of each light.

    Parameters
    ----------
    config : LightConfig
        Settings of the strobe lights.

    Returns
    -------
    mapping of LedState to float, W/sr
        On the axis of the light, as the settings have it; 0.0 for ``off``.
    """
    lights: dict[LedState, float] = {
        "off": 0.0,
        "ring": config.ring_w_sr,
        "side": config.side_w_sr,
        "side2": config.side2_w_sr,
        "red": config.red_w_sr,
    }
    return MappingProxyType(lights)


class LightDose:
    """Adds up the light of the last seconds and says whether more may follow.

    It reads no clock and switches nothing.
    """

    def __init__(self, config: LightConfig, *, now_ns: int) -> None:
        """Begin in the dark.

        Raises
        ------
        UnsafeLight
            A light is stronger than `PEAK_LIMIT_W_SR`.
        """
        self.config = config
        self._intensity_w_sr = intensities_w_sr(config)
        strongest = max(self._intensity_w_sr.values())
        if strongest > PEAK_LIMIT_W_SR:
            raise UnsafeLight(
                f"A light of {strongest:g} W/sr is over the limit of {PEAK_LIMIT_W_SR:g} W/sr",
                hint="Lower its current and its figure in the settings (lens.lights).",
            )
        self._window_ns = round(config.window_s * 1e9)
        self._spans: deque[tuple[int, int, LedState]] = deque(maxlen=MAX_SPANS)  # from, until, what was lit
        self.state: LedState = "off"
        self._since_ns = self._lit_since_ns = now_ns

    def switch(self, state: LedState, now_ns: int) -> None:
        """Note the light that shines from now on."""
        self._spans.append((self._since_ns, now_ns, self.state))
        while self._spans and self._spans[0][1] < now_ns - self._window_ns:
            self._spans.popleft()
        if self.state == "off" and state != "off":
            self._lit_since_ns = now_ns
        self.state, self._since_ns = state, now_ns

    def _means(self, now_ns: int) -> tuple[float, float]:
        """Return mean intensity (W/sr) and lit share of the window that ends now."""
        start_ns, dose, lit = now_ns - self._window_ns, 0.0, 0
        for begin, until, state in (*self._spans, (self._since_ns, now_ns, self.state)):
            shone_ns = max(0, min(until, now_ns) - max(begin, start_ns))
            dose += shone_ns * self._intensity_w_sr[state]
            lit += shone_ns * (state != "off")
        return dose / self._window_ns, lit / self._window_ns

    def average_w_sr(self, now_ns: int) -> float:
        """Return the mean radiant intensity over the window that ends now.

        Parameters
        ----------
        now_ns : int
            Session time in ns.

        Returns
        -------
        float
            W/sr.
        """
        return self._means(now_ns)[0]

    def objection(self, state: LedState, now_ns: int) -> str | None:
        """Return the reason why a light may not shine now, None if it may.

        Parameters
        ----------
        state : LedState
            The light that would shine.
        now_ns : int
            Session time in ns.

        Returns
        -------
        str or None
            ``on_too_long``, ``over_budget`` or ``over_duty``; None where the light may shine.

        Raises
        ------
        ValueError
            There is no such light.
        """
        if state not in self._intensity_w_sr:
            raise ValueError(f"there is no light {state!r}")
        if state == "off":
            return None
        if self.state != "off" and now_ns - self._lit_since_ns > self.config.max_on_s * 1e9:
            return "on_too_long"
        average_w_sr, lit_share = self._means(now_ns)
        if average_w_sr > AVERAGE_LIMIT_W_SR:
            return "over_budget"
        return "over_duty" if lit_share > self.config.max_duty else None

    def next_check_s(self, now_ns: int) -> float | None:
        """Return the time for which the present light may surely go on.

        Parameters
        ----------
        now_ns : int
            Session time in ns.

        Returns
        -------
        float or None
            In s, at least `SHORTEST_WAIT_S`; None in the dark.

        Notes
        -----
        A light of ``I`` W/sr raises the mean over a window ``T`` by at most ``I/T`` a second, and the lit
        share by ``1/T``.
        """
        if self.state == "off":
            return None
        average_w_sr, lit_share = self._means(now_ns)
        window_s = self._window_ns * 1e-9
        strength = max(self._intensity_w_sr[self.state], 1e-9)
        return max(
            SHORTEST_WAIT_S,
            min(
                self.config.max_on_s - (now_ns - self._lit_since_ns) * 1e-9,
                (AVERAGE_LIMIT_W_SR - average_w_sr) * window_s / strength,
                (self.config.max_duty - lit_share) * window_s,
            ),
        )


class SafeLeds(Closing):
    """Lights behind a `LightDose`.

    Parameters
    ----------
    watchdog : bool
        Watch the clock in a thread of its own, so that a forgotten light goes out though nobody calls
        anything. For lights that burn in real time.

    Raises
    ------
    UnsafeLight
        The configured lights are stronger than `PEAK_LIMIT_W_SR`: they are never switched on.
    """

    def __init__(self, *, leds: Leds, clock: Clock, config: LightConfig, watchdog: bool = False) -> None:
        self._leds, self._clock = leds, clock
        self._dose = LightDose(config, now_ns=clock.now_ns())
        self.refused: Counter[str] = Counter()
        self._switches: deque[LightSwitch] = deque(maxlen=KEPT_SWITCHES)
        self.on_taken: Callable[[Sequence[LightSwitch]], None] = lambda _: None
        self._resting = self._closed = False
        self._changed = threading.Condition(threading.RLock())
        self._watchdog = threading.Thread(target=self._watch, name="light-guard", daemon=True)
        if watchdog:
            self._watchdog.start()

    def states(self) -> tuple[LedState, ...]:
        """Return the states of the lights."""
        return self._leds.states()

    @property
    def state(self) -> LedState:
        """Return the present state."""
        return self._dose.state

    @property
    def replays_switches(self) -> bool:
        """Return whether `take_switches` gives those of a recording."""
        return isinstance(self._leds, TellsSwitches)

    def take_switches(self) -> Sequence[LightSwitch]:
        """Return what was switched since this was last asked, by the guard too, or what a recording tells.

        ``on_taken`` is called with what is returned, so that a recorder can write it down.
        """
        with self._changed:
            taken: Sequence[LightSwitch] = tuple(self._switches)
            self._switches.clear()
        if isinstance(self._leds, TellsSwitches):
            taken = self._leds.take_switches()
            self.refused.update(s.refused for s in taken if s.refused)
            self._resting = bool(taken[-1].refused) if taken else self._resting
        self.on_taken(taken)
        return taken

    def limit(self, config: LightConfig) -> None:
        """Hold to these limits from now on; the light that was given already still counts.

        Raises
        ------
        UnsafeLight
            The lights are stronger than `PEAK_LIMIT_W_SR`; they are switched off.
        """
        with self._changed:
            if config == self._dose.config:
                return
            self.set("off")
            fresh = LightDose(config, now_ns=self._clock.now_ns())
            fresh._spans.extend(self._dose._spans)
            self._dose = fresh

    def set(self, state: LedState) -> None:
        """Switch, unless that would break a limit: then the lights go off, and `health` says so."""
        with self._changed:
            now_ns = self._clock.now_ns()
            reason = self._objection(state, now_ns)
            self._resting = bool(reason) or (self._resting and self.replays_switches)
            self._switch("off" if reason else state, now_ns, refused=reason)
            self._changed.notify()

    def tick(self) -> None:
        """Look at the clock: a light that was on for too long goes off."""
        with self._changed:
            now_ns = self._clock.now_ns()
            if reason := self._objection(self._dose.state, now_ns):
                self._resting = True
                self._switch("off", now_ns, refused=reason)

    def _objection(self, state: LedState, now_ns: int) -> str:
        """Return the reason against a light, counted; none against those of a recording: they are over."""
        over = state == "off" or self.replays_switches
        reason = "" if over else self._dose.objection(state, now_ns) or ""
        self.refused.update([reason] if reason else [])
        return reason

    def _switch(self, state: LedState, now_ns: int, *, refused: str = "") -> None:
        try:
            self._leds.set(state)
        except (DeviceLost, ValueError):
            self._note("off", now_ns)
            raise
        self._note(state, now_ns, refused)

    def _note(self, state: LedState, now_ns: int, refused: str = "") -> None:
        self._dose.switch(state, now_ns)
        self._switches.append(LightSwitch(now_ns, state, refused))

    def _watch(self) -> None:
        with self._changed:
            while not self._closed:
                try:
                    self.tick()
                except DeviceLost as lost:
                    self.refused[lost.reason.value] += 1
                self._changed.wait(self._dose.next_check_s(self._clock.now_ns()))

    def average_w_sr(self, now_ns: int) -> float:
        """Return the mean radiant intensity over the window that ends now.

        Parameters
        ----------
        now_ns : int
            Session time in ns.

        Returns
        -------
        float
            W/sr.
        """
        return self._dose.average_w_sr(now_ns)

    def info(self) -> DeviceInfo:
        """Return the info of the lights."""
        return self._leds.info()

    def health(self) -> DeviceHealth:
        """Return the health of the lights; resting ones are not well, for the sensor is blind meanwhile."""
        own = self._leds.health()
        numbers = {**own.numbers, **{REFUSED + why: float(n) for why, n in self.refused.items()}}
        if own.ok and self._resting:
            hint = "The lights rest: they shone too long for an eye. They come back by themselves."
            return DeviceHealth(ok=False, reason=Reason.LIGHTS_REST, hint=hint, numbers=numbers)
        return DeviceHealth(ok=own.ok, reason=own.reason, hint=own.hint, numbers=numbers)

    def reopen(self) -> None:
        """Open the lights again, dark; what they gave before the loss still counts."""
        with self._changed:
            self._note("off", self._clock.now_ns())
            reopen(self._leds)

    def close(self) -> None:
        """Switch off, whatever happens, and let go; may be called twice."""
        with self._changed:
            if self._closed:
                return
            self._closed = True
            self._changed.notify()
            try:
                self._switch("off", self._clock.now_ns())
            except DeviceLost as lost:
                self.refused[lost.reason.value] += 1
            finally:
                self._leds.close()
        if self._watchdog.is_alive():
            self._watchdog.join()


def guarded(leds: Leds, *, clock: Clock, config: LightConfig) -> SafeLeds:
    """Return lights behind the one guard, held to these limits.

    Raises
    ------
    UnsafeLight
        A light is stronger than `PEAK_LIMIT_W_SR`.
    """
    if isinstance(leds, SafeLeds):
        leds.limit(config)
        return leds
    return SafeLeds(leds=leds, clock=clock, config=config)


def refusals_of(leds: Leds) -> Counter[str]:
    """Return the number of times that the guard kept a light dark, by reason."""
    numbers = leds.health().numbers
    return Counter({k.removeprefix(REFUSED): round(n) for k, n in numbers.items() if k.startswith(REFUSED)})
